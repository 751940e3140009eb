using System.Buffers.Binary;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Forwarding;

/// <summary>
/// Where a rule that translates destinations leads: to the constants that it loads, or to those of a map of the table from which it takes
/// one.
/// </summary>
public static class TranslationTargets
{
    /// <summary>The addresses and ports, in the order of their keys; nothing where the rule says it in another way.</summary>
    /// <param name="table">The rule's table.</param>
    /// <param name="rule">The rule.</param>
    public static IReadOnlyList<KernelTarget> Of(RuleTable table, Rule rule)
    {
        var constants = new Dictionary<Register, ReadOnlyMemory<byte>>();
        ElementSet? map = null;
        var place = default(Register);
        foreach (var expression in rule.Expressions)
        {
            switch (expression)
            {
                case ImmediateExpression { Verdict: null } immediate:
                    constants[immediate.Destination] = immediate.Data;
                    break;
                case LookupExpression { Destination: { IsVerdict: false } to } lookup:
                    (map, place) = (table.Sets.FirstOrDefault(s => s.Name == lookup.SetName), to);
                    break;
                case NatExpression { IsSource: false, AddressMin: { } address, PortMin: { } port } nat
                    when nat.Family is RuleFamily.Ip or RuleFamily.Ip6 && (nat.AddressMax ?? address) == address
                        && (nat.PortMax ?? port) == port:
                    var length = nat.Family == RuleFamily.Ip ? 4 : 16;
                    return map is not null && address == place && port.Word == place.Word + (length / 4)
                        ? [.. map.Elements.OrderBy(static e => Order(e.Key.Span)).Select(e => e.Extra?.Data ?? default)
                            .Where(d => d.Length >= length + 2).Select(d => Target(d.Span[..length], d.Span[length..]))]
                        : constants.TryGetValue(address, out var to4) && to4.Length == length && constants.TryGetValue(port, out var at)
                            && at.Length >= 2 ? [Target(to4.Span, at.Span)] : [];
            }
        }

        return [];
    }

    private static KernelTarget Target(ReadOnlySpan<byte> address, ReadOnlySpan<byte> port) =>
        new(InternetAddress.FromBytes(address), new PortNumber(BinaryPrimitives.ReadUInt16BigEndian(port)));

    // Keys of maps by turns are numbers in host order.
    private static uint Order(ReadOnlySpan<byte> key) => key.Length == sizeof(uint) ? BitConverter.ToUInt32(key) : 0;
}
