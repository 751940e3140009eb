using Portolan.Model;
using Portolan.Packets.Links;
using Portolan.Scan.Order;
using Portolan.Scan.Results;

namespace Portolan.Scan.Engine.Connecting;

/// <summary>
/// TCP ports that are open: who completes a handshake with one that only sent a SYN-ACK knows more of it, and who stays may hear what the
/// service says first. Their state stays whatever comes of it.
/// </summary>
internal sealed class OpenPortTable : IConnectTable
{
    private readonly HostGroup _group;
    private readonly List<ConnectProbe> _probes = [];
    private readonly IndexPermutation _order;
    private readonly HashSet<(int Host, int Port)>? _answered;

    /// <summary>Takes the ports of a group.</summary>
    /// <param name="group">The group.</param>
    /// <param name="settings">The order of the run.</param>
    /// <param name="mayConnect">Whether connections to a host can be made; <c>null</c> for all.</param>
    public OpenPortTable(HostGroup group, ScanSettings settings, Func<InternetAddress, bool>? mayConnect)
    {
        _group = group;
        _answered = settings.Banners ? [] : null;
        for (var host = 0; host < group.Count; host++)
        {
            if (group.AnsweredCount(host) == 0 || !group.IsActive(host))
            {
                continue;
            }

            var first = _probes.Count;
            for (var port = 0; port < group.PortsOf(host).Count; port++)
            {
                var probe = new ConnectProbe(host, port, group.PortsOf(host)[port]);
                if (IsWanted(probe))
                {
                    _probes.Add(probe);
                }
            }

            if (_probes.Count > first && mayConnect?.Invoke(group.AddressOf(host)) == false)
            {
                LeftOut += _probes.Count - first;
                _probes.RemoveRange(first, _probes.Count - first);
            }
        }

        if (_answered is not null)
        {
            group.BeginHearing(_probes.Select(static probe => probe.Host));
        }

        _order = settings.OrderOf((ulong)Math.Max(1, _probes.Count), settings.Seed);
    }

    /// <inheritdoc/>
    public TimeSpan GreetingWait => _answered is null ? TimeSpan.Zero : TimeSpan.FromSeconds(5);

    /// <summary>Ports of hosts to which no connection can be made.</summary>
    public int LeftOut { get; }

    /// <inheritdoc/>
    public ulong Positions => (ulong)_probes.Count;

    /// <inheritdoc/>
    public bool TryGet(ulong position, out ConnectProbe probe)
    {
        probe = _probes[(int)_order.At(position)];
        return IsWanted(probe) && _group.IsActive(probe.Host);
    }

    /// <inheritdoc/>
    public bool Answer(in ConnectProbe probe, in ConnectOutcome outcome)
    {
        if (_answered is not null)
        {
            lock (_answered)
            {
                if (!_answered.Add((probe.Host, probe.Slot)))
                {
                    return false;
                }
            }
        }

        // A reset after the handshake came from what had completed it, as in a connect scan.
        if (outcome.Result is ConnectResult.Connected or ConnectResult.Reset)
        {
            _group.Record(probe.Host, probe.Slot, _group.ResultOf(probe.Host, probe.Slot) with { Evidence = Evidence.Handshake });
        }

        if (_answered is not null && outcome.Result == ConnectResult.Reset)
        {
            _group.SetBanner(probe.Host, probe.Slot, [], BannerState.Silent);
        }

        return true;
    }

    /// <inheritdoc/>
    public void Greet(in ConnectProbe probe, in ConnectOutcome outcome)
    {
        var text = SshGreeting.WithoutPackets(outcome.Reply.Span);
        var state = outcome.IsCutOff ? BannerState.Interrupted : text.IsEmpty ? BannerState.Silent : BannerState.Complete;
        _group.SetBanner(probe.Host, probe.Slot, text, state);
    }

    /// <inheritdoc/>
    public void Finish(in ConnectProbe probe)
    {
        if (_answered is not null)
        {
            _group.EndHearing(probe.Host);
        }
    }

    /// <inheritdoc/>
    public void CouldNotSend(in ConnectProbe probe, bool wholeHost)
    {
        // It was found open; that stands.
    }

    private bool IsWanted(in ConnectProbe probe) =>
        probe.Port.Protocol == TransportProtocol.Tcp
        && _group.StateOf(probe.Host, probe.Slot) == PortState.Open
        && (_answered is null ? _group.ResultOf(probe.Host, probe.Slot).Evidence < Evidence.Handshake : !IsAnswered(probe));

    private bool IsAnswered(in ConnectProbe probe)
    {
        lock (_answered!)
        {
            return _answered.Contains((probe.Host, probe.Slot)) || _group.HasHeard(probe.Host, probe.Slot);
        }
    }
}
