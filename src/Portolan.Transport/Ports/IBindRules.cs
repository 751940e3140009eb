namespace Portolan.Transport.Ports;

/// <summary>An operating system's rules on who may share a port.</summary>
internal interface IBindRules
{
    /// <summary>Whether a holder stands in the way of a bind to its port.</summary>
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
