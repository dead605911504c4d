// argo-cd-diff says of one object what Argo CD's application controller would say of it, with Argo CD's own code: whether it
// is Synced.
package main

import (
	"context"
	"encoding/json"
	"log"
	"os"
	"time"

	"github.com/argoproj/argo-cd/v3/common"
	"github.com/argoproj/argo-cd/v3/pkg/apis/application/v1alpha1"
	argodiff "github.com/argoproj/argo-cd/v3/util/argo/diff"
	"github.com/argoproj/argo-cd/v3/util/argo/normalizers"
	"github.com/argoproj/argo-cd/v3/util/settings"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/kubernetes/fake"
)

const argoNamespace = "argocd"

// question is what Argo CD knows when it compares.
type question struct {
	// Application is the Application's spec.
	Application v1alpha1.ApplicationSpec `json:"application"`
	// ArgocdCm is the data of the ConfigMap argocd-cm.
	ArgocdCm map[string]string `json:"argocdCm"`
	// Target is what stands in the repository.
	Target *unstructured.Unstructured `json:"target"`
	// Live is what is in the cluster.
	Live *unstructured.Unstructured `json:"live"`
}

type answer struct {
	// Status is Argo CD's word: Synced or OutOfSync.
	Status v1alpha1.SyncStatusCode `json:"status"`
}

func main() {
	var asked question
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		log.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	said, err := compare(ctx, asked)
	if err != nil {
		log.Fatal(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(said); err != nil {
		log.Fatal(err)
	}
}

// compare calls what the application controller calls, in the same order and with the same defaults.
// Source: Argo CD 3.2, controller/state.go, CompareAppState.
func compare(ctx context.Context, asked question) (*answer, error) {
	manager := settingsOf(ctx, asked.ArgocdCm)
	overrides, err := manager.GetResourceOverrides()
	if err != nil {
		return nil, err
	}
	options, err := manager.GetResourceCompareOptions()
	if err != nil {
		return nil, err
	}
	config, err := argodiff.NewDiffConfigBuilder().
		WithDiffSettings(
			asked.Application.IgnoreDifferences, overrides, options.IgnoreAggregatedRoles, normalizers.IgnoreNormalizerOpts{}).
		// Argo CD's default; neither side carries the mark of an application.
		WithTracking(common.LabelKeyAppInstance, string(v1alpha1.TrackingMethodAnnotation)).
		WithNoCache().
		WithManager(common.ArgoCDSSAManager).
		Build()
	if err != nil {
		return nil, err
	}
	found, err := argodiff.StateDiff(asked.Live, asked.Target, config)
	if err != nil {
		return nil, err
	}
	status := v1alpha1.SyncStatusCodeSynced
	if found.Modified {
		status = v1alpha1.SyncStatusCodeOutOfSync
	}
	return &answer{status}, nil
}

// settingsOf has Argo CD read its ConfigMap by itself, as it would in a cluster that holds nothing else.
func settingsOf(ctx context.Context, data map[string]string) *settings.SettingsManager {
	labels := map[string]string{"app.kubernetes.io/part-of": "argocd"}
	cluster := fake.NewClientset(
		&corev1.ConfigMap{
			ObjectMeta: metav1.ObjectMeta{Namespace: argoNamespace, Name: common.ArgoCDConfigMapName, Labels: labels},
			Data:       data,
		},
		&corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: argoNamespace, Name: common.ArgoCDSecretName, Labels: labels},
		},
	)
	return settings.NewSettingsManager(ctx, cluster, argoNamespace)
}
