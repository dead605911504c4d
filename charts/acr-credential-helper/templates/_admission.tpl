{{/* What attaches service accounts while they are created: policy, webhook or none. */}}
{{- define "acr.admission" -}}
{{- $hasPolicies := .Capabilities.APIVersions.Has "admissionregistration.k8s.io/v1/MutatingAdmissionPolicy" -}}
{{- if and (eq .Values.admission "policy") (not $hasPolicies) -}}
{{- fail "admission: policy needs MutatingAdmissionPolicy in admissionregistration.k8s.io/v1, which this cluster does not serve (Kubernetes 1.36 does): write auto, webhook or none. With helm template, give --api-versions admissionregistration.k8s.io/v1/MutatingAdmissionPolicy." -}}
{{- end -}}
{{- if ne .Values.admission "auto" -}}
{{- .Values.admission -}}
{{- else -}}
{{- ternary "policy" "webhook" $hasPolicies -}}
{{- end -}}
{{- end }}

{{/* Whether a ConfigMap that Helm does not write has a say in that, by webhook-configuration, also when it is changed. */}}
{{- define "acr.asksConfiguration" -}}
{{- if and (eq .Values.admission "auto") .Values.configuration.existing }}true{{ end -}}
{{- end }}

{{/* Whether there may be a webhook. */}}
{{- define "acr.hasWebhook" -}}
{{- if or (eq (include "acr.admission" .) "webhook") (include "acr.asksConfiguration" .) }}true{{ end -}}
{{- end }}

{{/* What NOTES.txt says is in force. */}}
{{- define "acr.admissionNote" -}}
{{- $admission := include "acr.admission" . -}}
{{- $admission -}}
{{- if and (include "acr.asksConfiguration" .) (eq $admission "policy") -}}
; beside it the webhook where webhook-configuration says enable: true
{{- else if include "acr.asksConfiguration" . -}}
, unless webhook-configuration says enable: false
{{- end -}}
{{- end }}

{{/* The values that a webhook would go by, where there is none. */}}
{{- define "acr.unusedForWebhook" -}}
{{- $set := list -}}
{{- if not (include "acr.hasWebhook" .) -}}
{{- with .Values.webhook -}}
{{- if ne .failurePolicy "Ignore" }}{{ $set = append $set "webhook.failurePolicy" }}{{ end -}}
{{- if ne (int .timeoutSeconds) 10 }}{{ $set = append $set "webhook.timeoutSeconds" }}{{ end -}}
{{- if .certificateSecret }}{{ $set = append $set "webhook.certificateSecret" }}{{ end -}}
{{- end -}}
{{- end -}}
{{- join ", " $set -}}
{{- end }}

{{/* How a webhook is reached, given its path and the root. */}}
{{- define "acr.webhookClient" -}}
service:
  name: {{ include "acr.webhookService" .root }}
  namespace: {{ .root.Release.Namespace }}
  path: {{ .path }}
  port: 443
{{- end }}

{{/* Where the webhook is asked. */}}
{{- define "acr.webhookNamespaces" -}}
matchExpressions:
  - key: kubernetes.io/metadata.name
    operator: NotIn
    values: {{ list "kube-system" .Release.Namespace | uniq | toJson }}
  {{- with .Values.rbac.onlyNamespaces }}
  - key: kubernetes.io/metadata.name
    operator: In
    values: {{ toJson . }}
  {{- end }}
{{- end }}

{{/* Fails where the API server would trust nobody, or two keep whom it trusts. */}}
{{- define "acr.checkWebhookCertificate" -}}
{{- with .Values.webhook }}
{{- if and .certificateSecret (not .caBundle) (not .annotations) -}}
{{- fail "webhook.certificateSecret: the API server has to trust it. Write webhook.caBundle, or in webhook.annotations who fills that in, such as cert-manager.io/inject-ca-from." -}}
{{- end -}}
{{- if and .caBundle (not (regexMatch "-----BEGIN CERTIFICATE-----" (b64dec .caBundle))) -}}
{{- fail "webhook.caBundle is no PEM certificate in base64: write what base64 -w0 ca.crt prints." -}}
{{- end -}}
{{- if and .caBundle (not .certificateSecret) -}}
{{- fail "webhook.caBundle goes with webhook.certificateSecret: without one the add-on makes the certificate, and says whom to trust." -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* Which Pods are asked about, of a policy as of the webhook. */}}
{{- define "acr.podConditions" -}}
# An empty list was filled from the service account before this is asked.
- name: with-a-list-without-it
  expression: >-
    object.spec.?imagePullSecrets.orValue([]).size() > 0 &&
    !object.spec.imagePullSecrets.exists(entry, entry.?name.orValue('') == '{{ .Values.pullSecretName }}')
# A static Pod's mirror has to be as its file says.
- name: not-static-nor-opted-out
  expression: >-
    !('kubernetes.io/config.mirror' in object.metadata.?annotations.orValue({})) &&
    object.metadata.?annotations[?'acr-credential-helper/ignore'].orValue('') != 'true'
{{- end }}

{{/* Variables of a policy whose parameter is the published scope; given what evaluates to the service account's name. */}}
{{- define "acr.scopeVariables" -}}
- name: scope
  expression: params.metadata.?annotations.orValue({})
- name: namespaceName
  expression: namespaceObject.metadata.name
# As they are tested for: a label by its key, and by key=value.
- name: labels
  expression: >-
    namespaceObject.metadata.?labels.orValue({}).map(key, key) +
    namespaceObject.metadata.?labels.orValue({}).map(key, key + '=' + namespaceObject.metadata.labels[key])
- name: isNamespaceIncluded
  expression: >-
    variables.namespaceName in variables.scope[?'acr-credential-helper/compiled-namespace-names'].orValue('').split(',') ||
    variables.namespaceName.matches(variables.scope[?'acr-credential-helper/compiled-namespace-pattern'].orValue('^$')) ||
    variables.scope[?'acr-credential-helper/compiled-namespace-labels'].orValue('').split(',').exists(test,
    test.startsWith('!') ? !(test.substring(1) in variables.labels) : test in variables.labels)
- name: isNamespaceExcluded
  expression: >-
    variables.namespaceName in variables.scope[?'acr-credential-helper/compiled-excluded-namespace-names'].orValue('').split(',') ||
    variables.namespaceName.matches(variables.scope[?'acr-credential-helper/compiled-excluded-namespace-pattern'].orValue('^$')) ||
    variables.scope[?'acr-credential-helper/compiled-excluded-namespace-labels'].orValue('').split(',').exists(test,
    test.startsWith('!') ? !(test.substring(1) in variables.labels) : test in variables.labels)
- name: isNamespaceOptedOut
  expression: namespaceObject.metadata.?annotations[?'acr-credential-helper/ignore'].orValue('') == 'true'
# Of the service account; empty while the API server is still to generate it, so that nobody can say whether it is in scope.
- name: accountName
  expression: {{ . }}
- name: isAccountIncluded
  expression: >-
    variables.accountName != '' && (
    variables.accountName in variables.scope[?'acr-credential-helper/compiled-account-names'].orValue('').split(',') ||
    variables.accountName.matches(variables.scope[?'acr-credential-helper/compiled-account-pattern'].orValue('^$')))
- name: isAccountExcluded
  expression: >-
    variables.accountName in variables.scope[?'acr-credential-helper/compiled-excluded-account-names'].orValue('').split(',') ||
    variables.accountName.matches(variables.scope[?'acr-credential-helper/compiled-excluded-account-pattern'].orValue('^$'))
- name: isWanted
  expression: >-
    variables.isNamespaceIncluded && !variables.isNamespaceExcluded && !variables.isNamespaceOptedOut &&
    variables.isAccountIncluded && !variables.isAccountExcluded
{{- end }}
