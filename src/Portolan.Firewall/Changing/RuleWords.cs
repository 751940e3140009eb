using System.Diagnostics.CodeAnalysis;

namespace Portolan.Firewall.Changing;

/// <summary>Reads rules back from <see cref="OwnRule.Words"/>, as they are in the notes of the table.</summary>
public static class RuleWords
{
    /// <summary>Reads a rule. Never throws.</summary>
    /// <param name="number">The number it gets.</param>
    /// <param name="words">The words.</param>
    /// <param name="rule">The rule.</param>
    public static bool TryParse(int number, string words, [NotNullWhen(true)] out OwnRule? rule)
    {
        rule = null;
        var parts = words.Split(' ');
        if (!OwnActionWords.TryParse(parts[0], out var action))
        {
            return false;
        }

        if (action == OwnAction.Close)
        {
            rule = parts.Length == 1 ? new OwnRule(number, action, RuleScope.Everything) : null;
            return rule is not null;
        }

        if (parts.Length % 2 != 0 || !TryParsePorts(parts[1], out var protocols, out var ports))
        {
            return false;
        }

        var scope = new RuleScope(protocols, ports, AddressChoice.Any, AddressChoice.Any, null);
        var result = new OwnRule(number, action, scope);
        for (var index = 2; index < parts.Length; index += 2)
        {
            if (Apply(result, parts[index], parts[index + 1]) is not { } next)
            {
                return false;
            }

            result = next;
        }

        rule = result;
        return true;
    }

    /// <summary>
    /// Whether an interface's name can stand in a rule, its comment and a file of nft: 1 to 15 printable ASCII characters that mean nothing
    /// there.
    /// </summary>
    public static bool IsInterfaceName(string name) =>
        name.Length is > 0 and < 16 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' or '@' or '+' or ':');

    private static OwnRule? Apply(OwnRule rule, string option, string value)
    {
        switch (option)
        {
            case "--from" when AddressChoice.TryParse(value, out var from, out _):
                return rule with { Scope = rule.Scope with { From = from } };
            case "--to" when AddressChoice.TryParse(value, out var to, out _):
                return rule with { Scope = rule.Scope with { To = to } };
            case "--iface" when IsInterfaceName(value):
                return rule with { Scope = rule.Scope with { Interface = value } };
            case "--rate" when RuleRate.TryParse(value, isShared: true, out var rate):
                return rule with { Rate = rate };
            case "--uncounted" when AddressChoice.TryParse(value, out var uncounted, out _):
                return rule with { Uncounted = uncounted };
            case "--for" when DurationText.TryParse(value, out var lifetime) && lifetime > TimeSpan.Zero:
                return rule with { Lifetime = lifetime };
            default:
                return null;
        }
    }

    private static bool TryParsePorts(string text, out IReadOnlyList<TransportProtocol> protocols, [NotNullWhen(true)] out PortSet? ports)
    {
        protocols = RuleScope.UsualProtocols;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash >= 0)
        {
            if (!TransportProtocolNames.TryParse(text.AsSpan(slash + 1), out var one))
            {
                ports = null;
                return false;
            }

            protocols = [one];
        }

        return PortSet.TryParse(slash < 0 ? text : text.AsSpan(0, slash), out ports, out _) && !ports.IsEmpty;
    }
}
