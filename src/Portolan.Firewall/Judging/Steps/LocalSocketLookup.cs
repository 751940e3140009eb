using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;
using Portolan.Firewall.Judging.Ports;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Judging.Steps;

/// <summary>
/// Finds the local socket of packets as rules do (nf_tproxy_get_sock_v4, nf_sk_lookup_slow_v4, and the same of IPv6): that of the
/// connection, else a listener.
/// </summary>
/// <param name="context">The family, the protocol and the machine.</param>
/// <param name="sockets">The sockets without a peer.</param>
/// <param name="question">Asked where what is not known decides which socket it is.</param>
internal sealed class LocalSocketLookup(JudgeContext context, IReadOnlyList<LocalSocket> sockets, OpenQuestion question)
{
    /// <summary>Whether the packets may belong to a connection that is older than the query, whose socket is not known.</summary>
    public static bool IsOfOldConnection(PacketView view) => view.Marks.Coming.IsReply
        || (!IsOfConnection(view) && view.Marks.Coming.State is ConnectionState.Established or ConnectionState.Related);

    /// <summary>Whether they are later packets of a connection that was followed from its beginning.</summary>
    public static bool IsOfConnection(PacketView view) => view.Marks.IsLater || view.Marks.Coming.IsOfSender;

    /// <summary>
    /// The socket that packets have already, or that their own addresses and ports belong to; <c>null</c> where that is not known.
    /// </summary>
    public List<FoundSocket>? OfPacket(in FlowState state)
    {
        var isConnection = IsOfConnection(state.View);
        return IsOfOldConnection(state.View) ? null
            : state.View.Marks.Proxy is { } proxy ? [new FoundSocket(state, proxy.Socket) { IsConnection = isConnection }]
            : PortOf(state) is { } port
            ? Find(state, SocketPlace.Destination, null, port).ConvertAll(found => found with { IsConnection = isConnection })
            : null;
    }

    /// <summary>The destination port; <c>null</c> where it is one of several.</summary>
    public static ushort? PortOf(in FlowState state)
    {
        if (state.View[PacketField.DestinationPort] is not { Kind: FieldValueKind.Constant } port)
        {
            return null;
        }

        // Which port it is decides: ports that rules do not tell apart may have other sockets.
        state.View.Ask(PacketField.DestinationPort, WhichPort.Instance);
        return (ushort)port.Number;
    }

    /// <summary>The listeners of packets.</summary>
    /// <param name="state">The packets.</param>
    /// <param name="place">Which address it is asked for.</param>
    /// <param name="address">The address, where it is given.</param>
    /// <param name="port">The port.</param>
    public List<FoundSocket> Find(in FlowState state, SocketPlace place, UInt128? address, ushort port)
    {
        var candidates = new List<LocalSocket>();
        foreach (var socket in sockets)
        {
            if (socket.Protocol == context.Protocol && socket.Port == port && socket.Takes(context.IsIPv4))
            {
                candidates.Add(socket);
            }
        }

        if (candidates.TrueForAll(s => s.Interface == 0 && (address is not null || s.Address.Unmap().IsUnspecified)))
        {
            return [Best(state, candidates, address)];
        }

        var result = new List<FoundSocket>();
        foreach (var (index, part) in FieldSplitter.ByInterface(state, PacketField.InputInterface, question))
        {
            var here = candidates.FindAll(s => s.Interface == 0 || s.Interface == index);
            if (place == SocketPlace.Destination)
            {
                ByDestination(part, here, result);
            }
            else
            {
                result.Add(Best(part, here, address ?? FirstOf(index)));
            }
        }

        return result;
    }

    private void ByDestination(in FlowState state, List<LocalSocket> candidates, List<FoundSocket> result)
    {
        var rest = state;
        foreach (var bound in candidates.Select(static s => s.Address.Unmap()).Where(static a => !a.IsUnspecified).Distinct())
        {
            var domain = FieldSplitter.Domain(rest, PacketField.DestinationAddress);
            var inside = domain.Intersect(IntervalSet.Of(bound.Number));
            if (inside.IsEmpty)
            {
                continue;
            }

            result.Add(Best(FieldSplitter.Narrow(rest, PacketField.DestinationAddress, inside, question), candidates, bound.Number));
            var outside = domain.Except(inside);
            if (outside.IsEmpty)
            {
                return;
            }

            rest = FieldSplitter.Narrow(rest, PacketField.DestinationAddress, outside, question);
        }

        result.Add(Best(rest, candidates, null));
    }

    // The first address of the interface (nf_tproxy_laddr4, nf_tproxy_laddr6).
    private UInt128? FirstOf(int index)
    {
        foreach (var own in context.Host.Addresses)
        {
            if (own.InterfaceIndex == index && own.Address.IsIPv4 == context.IsIPv4)
            {
                return own.Address.Number;
            }
        }

        return null;
    }

    // A listener on the address comes before those on every address, one that is bound to the interface before others (compute_score).
    private FoundSocket Best(in FlowState state, List<LocalSocket> candidates, UInt128? address)
    {
        var (best, score, isSure) = ((LocalSocket?)null, -1, true);
        foreach (var socket in candidates)
        {
            var own = socket.Address.Unmap();
            if (!own.IsUnspecified && own.Number != address)
            {
                continue;
            }

            var fit = (own.IsUnspecified ? 0 : 4) + (socket.Interface == 0 ? 0 : 2) + (socket.Address.IsIPv4 == context.IsIPv4 ? 1 : 0);
            if (fit > score)
            {
                (best, score, isSure) = (socket, fit, true);
            }
            else if (fit == score)
            {
                isSure &= socket.IsTransparent == best!.IsTransparent;
            }
        }

        return new FoundSocket(state, best) { IsSure = isSure };
    }
}

/// <summary>The address that a socket is looked for at.</summary>
internal enum SocketPlace
{
    /// <summary>That of the packet.</summary>
    Destination,

    /// <summary>A given one, or the first one of the interface that the packet arrives on.</summary>
    Given,
}

/// <summary>Packets and their socket.</summary>
/// <param name="State">The packets.</param>
/// <param name="Socket">The socket; of a connection its listener; <c>null</c> for none.</param>
internal sealed record FoundSocket(FlowState State, LocalSocket? Socket)
{
    /// <summary>Whether it is the socket of a connection.</summary>
    public bool IsConnection { get; init; }

    /// <summary>Whether it is known that it is transparent, or not: listeners that share the port may differ.</summary>
    public bool IsSure { get; init; } = true;
}
