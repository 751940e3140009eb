using System.Threading.Channels;
using Portolan.Server.Watch.Receivers;
using Portolan.Watch.Alerts;

namespace Portolan.Server.Watch;

/// <summary>Requests the URL of a heartbeat after looks that succeeded, not more often than it wants.</summary>
/// <param name="name">The receiver's name.</param>
/// <param name="receiver">The URL.</param>
/// <param name="clock">The time.</param>
/// <param name="report">Hears what happens.</param>
internal sealed class Heartbeat(string name, HeartbeatReceiver receiver, TimeProvider clock, Action<DeliveryReport> report)
{
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>The receiver's name.</summary>
    internal string Receiver => name;

    /// <summary>Says that a look succeeded.</summary>
    internal void Wake() => _wake.Writer.TryWrite(true);

    /// <summary>Runs until cancelled.</summary>
    internal async Task RunAsync(CancellationToken cancellation)
    {
        while (true)
        {
            await _wake.Reader.ReadAsync(cancellation);
            try
            {
                await receiver.BeatAsync(cancellation);
                report(new DeliveryReport(DeliveryStep.Accepted, name, null, default, 0));
            }
            catch (AlertRefusedException refusal)
            {
                report(new DeliveryReport(DeliveryStep.Refused, name, refusal.Message, receiver.Every, 0));
            }

            await Task.Delay(receiver.Every, clock, cancellation);
            _ = _wake.Reader.TryRead(out _);
        }
    }
}
