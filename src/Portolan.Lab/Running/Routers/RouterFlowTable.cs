using Portolan.Packets;
using Portolan.Transport;

namespace Portolan.Lab.Running.Routers;

/// <summary>A connection or an exchange that a router let through, as its packets come to it from either side.</summary>
/// <param name="original">The ends of the packets of who began.</param>
/// <param name="reply">The ends of the packets that answer.</param>
internal sealed class RouterFlow(RouterFlowEnds original, RouterFlowEnds reply)
{
    internal RouterFlowEnds Original => original;

    internal RouterFlowEnds Reply => reply;

    /// <summary>When a packet of it came, from either side.</summary>
    internal Instant LastSeen { get; set; }
}

/// <summary>The flow that a packet belongs to.</summary>
/// <param name="Becomes">The ends that the packet leaves with.</param>
/// <param name="IsReply">Whether it answers who began.</param>
internal readonly record struct FlowHit(RouterFlowEnds Becomes, bool IsReply);

/// <summary>
/// What a router knows of flows that it let through: replies to them pass, and ports that it forwards are translated both ways. No two
/// flows ever have the same ends on either side: one that would get those of another leaves from another source port, as conntrack does it.
/// </summary>
/// <remarks>The lab's thread. Flows that are quiet for a time are forgotten; so is the oldest tenth when there are too many.</remarks>
internal sealed class RouterFlowTable
{
    private const int Most = 131_072;

    /// <summary>Source ports that are tried for a flow whose own is taken.</summary>
    private const int Tries = 128;

    /// <summary>
    /// How long connections of TCP may be quiet: five days, as conntrack has it (RFC 5382 section 5, REQ-5: no less than 2 hours 4
    /// minutes).
    /// </summary>
    private static readonly TimeSpan QuietTcp = TimeSpan.FromDays(5);

    /// <summary>All else, longer than conntrack has it (RFC 4787 section 4.3, REQ-5: no less than two minutes).</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromHours(1);

    private readonly Dictionary<RouterFlowEnds, RouterFlow> _flows = [];
    private int _count;

    /// <summary>Finds the flow that a packet belongs to, and what its packets become.</summary>
    /// <param name="ends">The packet's ends.</param>
    /// <param name="now">The time.</param>
    /// <param name="hit">The flow.</param>
    internal bool TryFind(in RouterFlowEnds ends, Instant now, out FlowHit hit)
    {
        hit = default;
        if (FindLive(ends, now) is not { } flow)
        {
            return false;
        }

        flow.LastSeen = now;
        hit = ends == flow.Original ? new FlowHit(flow.Reply.Reversed, IsReply: false) : new FlowHit(flow.Original.Reversed, IsReply: true);
        return true;
    }

    /// <summary>
    /// Remembers a flow that is not there: packets with its ends leave with others, and those of the reply come back the same way.
    /// </summary>
    /// <param name="ends">The ends of its packets.</param>
    /// <param name="wanted">The ends that they are to leave with.</param>
    /// <param name="now">The time.</param>
    /// <param name="becomes">The ends that they do leave with: those, or with another source port.</param>
    /// <returns>False when no source port is free.</returns>
    internal bool TryAdd(in RouterFlowEnds ends, in RouterFlowEnds wanted, Instant now, out RouterFlowEnds becomes)
    {
        if (_count >= Most)
        {
            Forget();
        }

        if (!TryChoose(wanted, now, out becomes))
        {
            return false;
        }

        var flow = new RouterFlow(ends, becomes.Reversed) { LastSeen = now };
        _flows[flow.Original] = flow;
        _flows[flow.Reply] = flow;
        _count++;
        return true;
    }

    private bool TryChoose(in RouterFlowEnds wanted, Instant now, out RouterFlowEnds chosen)
    {
        chosen = wanted;
        if (IsFree(wanted, now))
        {
            return true;
        }

        if (wanted.Protocol is not (IpProtocol.Tcp or IpProtocol.Udp))
        {
            return false;
        }

        // A System port stays one, for servers that trust those. Steps that grow leave a crowd of taken ports behind soon.
        var (first, count) = wanted.SourcePort < 1024 ? (1, 1023) : (1024, 64_512);
        for (var i = 1; i <= Tries; i++)
        {
            chosen = wanted with { SourcePort = (ushort)(first + ((Math.Max(0, wanted.SourcePort - first) + (i * i)) % count)) };
            if (IsFree(chosen, now))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Whether these ends are unused, in either direction: then packets that were translated are never taken for those of another flow.
    /// </summary>
    private bool IsFree(in RouterFlowEnds ends, Instant now) => FindLive(ends, now) is null && FindLive(ends.Reversed, now) is null;

    private RouterFlow? FindLive(in RouterFlowEnds ends, Instant now)
    {
        if (!_flows.TryGetValue(ends, out var flow))
        {
            return null;
        }

        if (now - flow.LastSeen > (ends.Protocol == IpProtocol.Tcp ? QuietTcp : Quiet))
        {
            Remove(flow);
            return null;
        }

        return flow;
    }

    private void Forget()
    {
        foreach (var flow in _flows.Values.Distinct().OrderBy(static f => f.LastSeen).Take(Most / 10).ToList())
        {
            Remove(flow);
        }
    }

    private void Remove(RouterFlow flow)
    {
        _flows.Remove(flow.Original);
        _flows.Remove(flow.Reply);
        _count--;
    }
}
