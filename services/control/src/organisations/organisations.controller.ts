import { Controller } from '@nestjs/common';
import { asOrganisation } from '@portcullis/platform';
import { DataSource } from 'typeorm';
import { OrganisationRow } from '../database/rows.js';
import type { Asked, Reply } from '../http/route.js';
import { AskedFor, Serves } from '../http/serves.js';
import { BootstrapInstallation } from './bootstrap-installation.js';
import { CreateOrganisation } from './create-organisation.js';
import type { Founded } from './found-organisation.js';
import { BOOTSTRAP, CREATE_ORGANISATION, LIST_ORGANISATIONS } from './organisations.routes.js';

@Controller()
export class OrganisationsController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly bootstrapInstallation: BootstrapInstallation,
    private readonly createOrganisation: CreateOrganisation,
  ) {}

  @Serves(BOOTSTRAP)
  async bootstrap(@AskedFor() { body }: Asked<typeof BOOTSTRAP>): Promise<Reply<typeof BOOTSTRAP>> {
    return shown(await this.bootstrapInstallation.run(body));
  }

  @Serves(LIST_ORGANISATIONS)
  async list(
    @AskedFor() { admin }: Asked<typeof LIST_ORGANISATIONS>,
  ): Promise<Reply<typeof LIST_ORGANISATIONS>> {
    const { org } = admin.principal;
    const rows = await asOrganisation(this.dataSource, org, (manager) =>
      manager.findBy(OrganisationRow, { orgId: org }),
    );
    return {
      organisations: rows.map(({ orgId, name, home, founderId, createdAt }) => ({
        organisation: orgId,
        name,
        home,
        founder: founderId,
        createdAt: createdAt.toISOString(),
      })),
    };
  }

  @Serves(CREATE_ORGANISATION)
  async create(
    @AskedFor() { admin, body }: Asked<typeof CREATE_ORGANISATION>,
  ): Promise<Reply<typeof CREATE_ORGANISATION>> {
    return shown(await this.createOrganisation.run(admin, body));
  }
}

const shown = ({ org, founder, keyId, key }: Founded): Reply<typeof BOOTSTRAP> => ({
  organisation: org,
  admin: founder,
  key: keyId,
  adminKey: key,
});
