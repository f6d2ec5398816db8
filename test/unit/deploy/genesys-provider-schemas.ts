/** By resource and block. */
export type Schemas = Readonly<Record<string, Readonly<Record<string, 'string' | 'number' | 'bool' | 'set' | 'map' | 'block'>>>>;

/**
 * Arguments of the provider `mypurecloud/genesyscloud`, by resource and block, as its resource documentation lists them (release of 2026).
 * Names and types only.
 */
export const SCHEMAS: Schemas = {
  genesyscloud_auth_role: {
    name: 'string',
    description: 'string',
    default_role_id: 'string',
    permissions: 'set',
    permission_policies: 'block',
  },
  'genesyscloud_auth_role.permission_policies': {
    domain: 'string',
    entity_name: 'string',
    action_set: 'set',
    conditions: 'block',
  },
  genesyscloud_oauth_client: {
    name: 'string',
    authorized_grant_type: 'string',
    access_token_validity_seconds: 'number',
    client_secret: 'string',
    description: 'string',
    directory_client_secret: 'string',
    expose_client_secret: 'bool',
    integration_credential_name: 'string',
    registered_redirect_uris: 'set',
    roles: 'block',
    scopes: 'set',
    state: 'string',
  },
  'genesyscloud_oauth_client.roles': { role_id: 'string', division_id: 'string' },
  genesyscloud_integration: { integration_type: 'string', intended_state: 'string', config: 'block' },
  'genesyscloud_integration.config': {
    name: 'string',
    notes: 'string',
    properties: 'string',
    advanced: 'string',
    credentials: 'map',
  },
  genesyscloud_integration_credential: { name: 'string', credential_type_name: 'string', fields: 'map' },
  genesyscloud_integration_action: {
    name: 'string',
    category: 'string',
    integration_id: 'string',
    contract_input: 'string',
    contract_output: 'string',
    config_request: 'block',
    config_response: 'block',
    config_timeout_seconds: 'number',
    function_config: 'block',
    secure: 'bool',
  },
  'genesyscloud_integration_action.config_request': {
    request_type: 'string',
    request_url_template: 'string',
    request_template: 'string',
    headers: 'map',
  },
  'genesyscloud_integration_action.config_response': {
    success_template: 'string',
    translation_map: 'map',
    translation_map_defaults: 'map',
  },
  genesyscloud_processautomation_trigger: {
    name: 'string',
    topic_name: 'string',
    enabled: 'bool',
    event_ttl_seconds: 'number',
    delay_by_seconds: 'number',
    description: 'string',
    target: 'block',
    match_criteria: 'string',
  },
  'genesyscloud_processautomation_trigger.target': { id: 'string', type: 'string', workflow_target_settings: 'block' },
  'genesyscloud_processautomation_trigger.target.workflow_target_settings': { data_format: 'string' },
  genesyscloud_flow: {
    filepath: 'string',
    file_content_hash: 'string',
    force_unlock: 'bool',
    substitutions: 'map',
  },
};

/** What has to be there. */
export const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  genesyscloud_auth_role: ['name'],
  'genesyscloud_auth_role.permission_policies': ['domain', 'entity_name', 'action_set'],
  genesyscloud_oauth_client: ['name', 'authorized_grant_type'],
  'genesyscloud_oauth_client.roles': ['role_id'],
  genesyscloud_integration: ['integration_type'],
  'genesyscloud_integration.config': [],
  genesyscloud_integration_credential: ['credential_type_name'],
  genesyscloud_integration_action: ['name', 'category', 'integration_id', 'contract_input', 'contract_output'],
  'genesyscloud_integration_action.config_request': ['request_type'],
  'genesyscloud_integration_action.config_response': [],
  genesyscloud_processautomation_trigger: ['name', 'topic_name', 'enabled', 'target'],
  'genesyscloud_processautomation_trigger.target': ['id', 'type'],
  'genesyscloud_processautomation_trigger.target.workflow_target_settings': [],
  genesyscloud_flow: ['filepath', 'file_content_hash'],
};
