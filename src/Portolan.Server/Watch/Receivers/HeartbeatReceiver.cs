using Portolan.Lab.Topology.Reading;
using Portolan.Server.Watch.Settings;
using Portolan.Watch.Alerts;

namespace Portolan.Server.Watch.Receivers;

/// <summary>
/// A URL that is requested (POST without a body) again and again while looks succeed: a service such as healthchecks.io alerts when the
/// requests stay away. It gets no events.
/// </summary>
internal sealed class HeartbeatReceiver : IAlertReceiver
{
    /// <summary>Its keys in the file.</summary>
    internal static readonly string[] Keys = ["url", "url-file", "token-file", "ca-file", "every"];

    private readonly WebhookReceiver _webhook;

    private HeartbeatReceiver(WebhookReceiver webhook, TimeSpan every) => (_webhook, Every) = (webhook, every);

    /// <summary>How often it is requested at most.</summary>
    internal TimeSpan Every { get; }

    /// <summary>Reads one.</summary>
    internal static IAlertReceiver? Read(MapReader map, ReceiverContext context)
    {
        var every = map.Duration("every", TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(5));
        return WebhookReceiver.Read(map, context) is WebhookReceiver webhook ? new HeartbeatReceiver(webhook, every) : null;
    }

    /// <summary>Requests the URL.</summary>
    /// <exception cref="AlertRefusedException">It did not accept that.</exception>
    internal Task BeatAsync(CancellationToken cancellation) => _webhook.BeatAsync(cancellation);

    /// <inheritdoc/>
    public Task SendAsync(AlertMessage message, CancellationToken cancellation) => BeatAsync(cancellation);
}
