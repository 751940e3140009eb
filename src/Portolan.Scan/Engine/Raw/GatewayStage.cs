using Portolan.Model;
using Portolan.Packets;
using Portolan.Scan.Probes;

namespace Portolan.Scan.Engine.Raw;

/// <summary>Finds the Ethernet addresses of routers: what the kernel knows, else by ARP or neighbour discovery of our own.</summary>
internal sealed class GatewayStage(RawContext context, RawGroup raw, IProbeWatch watch) : RawStage(context, raw, watch)
{
    private const int Attempts = 4;
    private const long Wait = 250 * RawClock.Millisecond;

    private readonly List<RawPath> _missing = [];
    private int _attempts;
    private long _nextAt;

    /// <summary>Runs the stage; hosts behind a router that does not answer are marked as not probed.</summary>
    public void Run()
    {
        foreach (var path in Paths.All)
        {
            if (!path.NeedsGateway || path.Gateway is not null)
            {
                continue;
            }

            if (Context.Network.TryFindNeighbour(path.Route.InterfaceIndex, path.Route.Gateway!.Value, out var known) && known.Value != 0)
            {
                path.Gateway = known;
            }
            else
            {
                _missing.Add(path);
            }
        }

        if (_missing.Count > 0)
        {
            Drive();
        }

        foreach (var path in _missing)
        {
            Watch.Warn($"router {path.Route.Gateway} on {path.Route.InterfaceName} does not answer "
                + $"{(path.Route.Source.IsIPv4 ? "ARP" : "neighbour discovery")}; targets behind it are not scanned");
        }

        for (var host = 0; _missing.Count > 0 && host < Group.Count; host++)
        {
            if (Paths.Of(host) is { IsUsable: false })
            {
                Group.MarkUnprobed(host);
            }
        }
    }

    /// <inheritdoc/>
    protected override long Step(long now)
    {
        if (_missing.Count == 0 || (_attempts == Attempts && now >= _nextAt))
        {
            return Done;
        }

        if (now >= _nextAt)
        {
            foreach (var path in _missing)
            {
                Context.Sender.Send(
                    path, MacAddress.Broadcast, path.Route.Gateway!.Value, ProbeKind.Neighbour, 0, default,
                    new SentProbe(ProbeOrigin.Other, 0));
            }

            if (_attempts > 0)
            {
                Context.Counters.CountRetries(_missing.Count);
            }

            Context.Sender.Flush();
            Context.Sender.Refused.Clear();
            _attempts++;
            _nextAt = now + Wait;
        }

        return _nextAt;
    }

    /// <inheritdoc/>
    protected override void OnReply(in ProbeReply reply, long receivedAt)
    {
        if (reply.Kind != ProbeKind.Neighbour)
        {
            return;
        }

        InternetAddress target = reply.Target;
        var isAnswer = false;
        foreach (var path in _missing)
        {
            if (path.Route.Gateway == target)
            {
                path.Gateway = reply.HardwareAddress;
                isAnswer = true;
            }
        }

        if (isAnswer)
        {
            Context.Counters.CountReply();
        }

        _missing.RemoveAll(static path => path.Gateway is not null);
    }

    /// <inheritdoc/>
    protected override StageStatus Status(long now) => new("host discovery", 0, null, ProbeCursor.Start);
}
