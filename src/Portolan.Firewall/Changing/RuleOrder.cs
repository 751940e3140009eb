namespace Portolan.Firewall.Changing;

/// <summary>Which of Portolan's own rules decides about a connection: the first that matches.</summary>
public static class RuleOrder
{
    /// <summary>The rule; <c>null</c> where none matches.</summary>
    /// <param name="rules">The rules in the order they are asked.</param>
    /// <param name="protocol">The connection's protocol.</param>
    /// <param name="remote">Its sender.</param>
    /// <param name="local">The address it was sent to.</param>
    /// <param name="port">The port it was sent to.</param>
    /// <param name="interfaceName">On which interface it comes in; <c>null</c> where that is not known, and rules for an interface do not
    /// match then.</param>
    public static OwnRule? Decider(
        IEnumerable<OwnRule> rules, TransportProtocol protocol, InternetAddress remote, InternetAddress local, ushort port,
        Func<string?> interfaceName)
    {
        foreach (var rule in rules)
        {
            if (rule.PausedFor is null
                && rule.Scope.Protocols.Contains(protocol)
                && rule.Scope.Ports.Contains(new PortNumber(port))
                && rule.Scope.From.Contains(remote)
                && rule.Scope.To.Contains(local)
                && (rule.Scope.Interface is not { } wanted || string.Equals(wanted, interfaceName(), StringComparison.Ordinal)))
            {
                return rule;
            }
        }

        return null;
    }
}
