{{/* The add-on's command line and what it finds around it. */}}
{{- define "acr.controllerArguments" -}}
- controller
- --namespace={{ .Release.Namespace }}
- --config-map={{ .Values.configuration.name }}
- --secret-name={{ .Values.pullSecretName }}
- --lease-name={{ include "acr.name" . }}
- --health-address=:8080
- --admission={{ include "acr.admission" . }}{{ if include "acr.asksConfiguration" . }}-unless-configured{{ end }}
{{- if include "acr.hasWebhook" . }}
- --admission-address=:8443
- --admission-hosts={{ include "acr.webhookService" . }}.{{ .Release.Namespace }}.svc
{{- if .Values.webhook.certificateSecret }}
- --admission-cert-file={{ include "acr.certificateDirectory" . }}/tls.crt
- --admission-key-file={{ include "acr.certificateDirectory" . }}/tls.key
{{- with .Values.webhook.caBundle }}
- --admission-ca-bundle={{ . }}
{{- end }}
{{- end }}
{{- end }}
{{- with .Values.rbac.onlyNamespaces }}
- --only-namespaces={{ join "," . }}
{{- end }}
{{- if .Values.authorities.configMap }}
- --ca-file={{ include "acr.authoritiesDirectory" . }}/{{ .Values.authorities.key }}
{{- end }}
- --waiting-pods={{ .Values.waitingPods }}
{{- with .Values.controller }}
{{- with .region }}
- --region={{ . }}
{{- end }}
- --endpoint-network={{ .endpointNetwork }}
{{- with .stsEndpoint }}
- {{ printf "--sts-endpoint=%s" . | toJson }}
{{- end }}
{{- with .containerRegistryEndpoint }}
- {{ printf "--container-registry-endpoint=%s" . | toJson }}
{{- end }}
- {{ printf "--metadata-endpoint=%s" .metadataEndpoint | toJson }}
- --write-budget={{ int .writeBudget }}
- --brake-share={{ int .brakeShare }}
- --brake-count={{ int .brakeCount }}
{{- if .adoptAttachments }}
- --adopt-attachments
{{- end }}
- --log-level={{ .logLevel }}
{{- end }}
{{- end }}

{{- define "acr.authoritiesDirectory" -}}
/etc/acr-credential-helper/authorities
{{- end }}

{{- define "acr.certificateDirectory" -}}
/etc/acr-credential-helper/webhook
{{- end }}

{{- define "acr.hasCertificateFiles" -}}
{{- if and (include "acr.hasWebhook" .) .Values.webhook.certificateSecret }}true{{ end }}
{{- end }}

{{- define "acr.environment" -}}
{{- with .Values.proxy.https }}
- name: HTTPS_PROXY
  value: {{ toJson . }}
{{- end }}
{{- with .Values.proxy.except }}
- name: NO_PROXY
  value: {{ toJson . }}
{{- end }}
{{- if eq .Values.rrsa.tokenSource "projected" }}
- name: ALIBABA_CLOUD_OIDC_TOKEN_FILE
  value: /var/run/secrets/tokens/oidc/token
{{- end }}
{{- if ne (empty .Values.rrsa.roleArn) (empty .Values.rrsa.oidcProviderArn) }}
{{- fail "rrsa.roleArn and rrsa.oidcProviderArn go together: say both, or neither and the roles in each entry." }}
{{- end }}
{{- with .Values.rrsa.roleArn }}
- name: ALIBABA_CLOUD_ROLE_ARN
  value: {{ toJson . }}
{{- end }}
{{- with .Values.rrsa.oidcProviderArn }}
- name: ALIBABA_CLOUD_OIDC_PROVIDER_ARN
  value: {{ toJson . }}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "acr.volumeMounts" -}}
{{- if include "acr.hasCertificateFiles" . }}
- name: webhook-certificate
  mountPath: {{ include "acr.certificateDirectory" . }}
  readOnly: true
{{- end }}
{{- if .Values.authorities.configMap }}
- name: authorities
  mountPath: {{ include "acr.authoritiesDirectory" . }}
  readOnly: true
{{- end }}
{{- if eq .Values.rrsa.tokenSource "projected" }}
- name: oidc-token
  mountPath: /var/run/secrets/tokens/oidc
  readOnly: true
{{- end }}
{{- end }}

{{- define "acr.volumes" -}}
{{- if include "acr.hasCertificateFiles" . }}
- name: webhook-certificate
  secret:
    secretName: {{ .Values.webhook.certificateSecret }}
{{- end }}
{{- if .Values.authorities.configMap }}
- name: authorities
  configMap:
    name: {{ .Values.authorities.configMap }}
{{- end }}
{{- if eq .Values.rrsa.tokenSource "projected" }}
- name: oidc-token
  projected:
    sources:
      - serviceAccountToken:
          audience: sts.aliyuncs.com
          expirationSeconds: 3600
          path: token
{{- end }}
{{- end }}
