using Portolan.Model;

namespace Portolan.Transport.Ports;

/// <summary>
/// Linux: for TCP <c>inet_bind_conflict</c> and <c>inet_csk_get_port</c> (net/ipv4/inet_connection_sock.c), for UDP
/// <c>udp_lib_lport_inuse</c> (net/ipv4/udp.c).
/// </summary>
/// <remarks>
/// The kernel keeps a summary of each TCP port (<c>fastreuseport</c>) and does not look at holders when the newest SO_REUSEPORT holder has
/// the same address and owner. It so lets a SO_REUSEPORT socket in beside an older holder that shares by SO_REUSEADDR alone, which the
/// written rule forbids. That shortcut is not repeated here.
/// </remarks>
internal sealed class LinuxBindRules : IBindRules
{
    /// <inheritdoc/>
    public BindRule Judge(
        in PortBinding request, PortUse requestUse, in PortBinding holder, PortUse holderUse, bool isChosen, out bool settles)
    {
        settles = false;
        return request.Protocol is TransportProtocol.Udp or TransportProtocol.UdpLite
            ? JudgeDatagram(request, holder, isChosen, out settles)
            : JudgeStream(request, holder, holderUse, isChosen);
    }

    /// <inheritdoc/>
    /// <remarks><c>sk_add_node_rcu</c> puts sockets of AF_INET6 with SO_REUSEPORT at the end of a list, all others at its head.</remarks>
    public bool IsMetLast(in PortBinding holder) => holder.ReusePort && !holder.Address.IsIPv4;

    private static BindRule JudgeStream(in PortBinding request, in PortBinding holder, PortUse holderUse, bool isChosen)
    {
        if (isChosen)
        {
            return BindRule.ChosenPortIsNotShared;
        }

        var bothReuse = request.ReuseAddress && holder.ReuseAddress;
        if (bothReuse && holderUse != PortUse.Listening)
        {
            return BindRule.None;
        }

        if (request.ReusePort && holder.ReusePort)
        {
            return holderUse == PortUse.TimeWait || request.Owner == holder.Owner ? BindRule.None : BindRule.OtherOwner;
        }

        return bothReuse ? BindRule.HolderListens : BindRule.NotShared;
    }

    private static BindRule JudgeDatagram(in PortBinding request, in PortBinding holder, bool isChosen, out bool settles)
    {
        settles = false;
        if (request.ReuseAddress && holder.ReuseAddress)
        {
            return BindRule.None;
        }

        if (request.ReusePort && holder.ReusePort)
        {
            // The kernel looks no further than the first holder that shares: "return 0".
            settles = request.Owner == holder.Owner && !isChosen;
            return request.Owner == holder.Owner ? BindRule.None : BindRule.OtherOwner;
        }

        return isChosen ? BindRule.ChosenPortIsNotShared : BindRule.NotShared;
    }
}

/// <summary>An operating system's rules on who may share a port.</summary>
internal interface IBindRules
{
    /// <summary>Whether a holder is in the way of a bind to its port.</summary>
    /// <param name="request">What is to be bound.</param>
    /// <param name="requestUse">Bound, or listening when a bound socket is about to listen.</param>
    /// <param name="holder">What the holder holds; it <see cref="PortBinding.Overlaps"/> the request.</param>
    /// <param name="holderUse">What it does.</param>
    /// <param name="isChosen">Whether the port is one the system would choose, not one that was asked for.</param>
    /// <param name="settles">Set when the answer is yes, whatever those hold that the search would meet later: it ends.</param>
    /// <returns>The rule that forbids it, or <see cref="BindRule.None"/>.</returns>
    BindRule Judge(in PortBinding request, PortUse requestUse, in PortBinding holder, PortUse holderUse, bool isChosen, out bool settles);

    /// <summary>Whether a search meets a holder after the others, from the oldest on; else it meets the newest first.</summary>
    bool IsMetLast(in PortBinding holder);
}
