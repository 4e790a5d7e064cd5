export const noSecretLogging = { meta: { type: 'problem', schema: [], messages: {} }, create: () => ({}) };
