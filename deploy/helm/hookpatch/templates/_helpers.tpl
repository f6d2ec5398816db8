{{- define "hookpatch.name" -}}
{{ .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "hookpatch.fullname" -}}
{{- $name := include "hookpatch.name" . -}}
{{- $default := contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) -}}
{{ .Values.fullnameOverride | default $default | trunc 50 | trimSuffix "-" }}
{{- end }}

{{- /* Name and release: no pod of another application or release has both. */ -}}
{{- define "hookpatch.selector" -}}
app.kubernetes.io/name: {{ include "hookpatch.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "hookpatch.labels" -}}
{{ include "hookpatch.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "hookpatch.rules" -}}
{{- if kindIs "string" .Values.rules }}{{ .Values.rules }}{{ else }}{{ toYaml .Values.rules }}{{ end }}
{{- end }}

{{- define "hookpatch.rulesConfigMap" -}}
{{ .Values.existingRulesConfigMap | default (printf "%s-rules" (include "hookpatch.fullname" .)) }}
{{- end }}

{{- /* The roles that run, as JSON. */ -}}
{{- define "hookpatch.roles" -}}
{{- $roles := list -}}
{{- range $role := list "receiver" "worker" "source" -}}
{{- if (index $.Values $role).enabled }}{{ $roles = append $roles $role }}{{ end -}}
{{- end -}}
{{ toJson $roles }}
{{- end }}

{{- /* The most worker pods that there can be at once; none is added during a rollout. */ -}}
{{- define "hookpatch.mostWorkers" -}}
{{ .Values.worker.keda.enabled | ternary .Values.worker.keda.maxReplicas .Values.worker.replicas }}
{{- end }}

{{- define "hookpatch.secretEnv" -}}
- name: {{ .key }}
  valueFrom: { secretKeyRef: { name: {{ .secret | quote }}, key: {{ .key }}, optional: {{ .optional }} } }
{{- end }}
