import { noDeployableImports } from './rules/deployables.mjs';
import { folderNames, noBarrels } from './rules/layout.mjs';
import { noSecretLogging } from './no-secret-logging.mjs';
import { pureDecisions } from './rules/pure-decisions.mjs';

/** The rules of this repository that no published plugin has. */
export const portcullis = {
  meta: { name: 'portcullis' },
  rules: {
    'folder-names': folderNames,
    'no-barrels': noBarrels,
    'no-deployable-imports': noDeployableImports,
    'no-secret-logging': noSecretLogging,
    'pure-decisions': pureDecisions,
  },
};
