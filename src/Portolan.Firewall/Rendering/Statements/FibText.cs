using Portolan.Firewall.Rendering.Operands;
using Portolan.Firewall.Rendering.Values;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rendering.Statements;

/// <summary><c>fib saddr . iif oif</c>.</summary>
internal static class FibText
{
    /// <summary>What the lookup holds.</summary>
    public static Operand Operand(FibExpression fib)
    {
        var parts = new List<string>();
        Add(parts, fib.Flags, FibFlags.Source, "saddr");
        Add(parts, fib.Flags, FibFlags.Destination, "daddr");
        Add(parts, fib.Flags, FibFlags.Mark, "mark");
        Add(parts, fib.Flags, FibFlags.Input, "iif");
        Add(parts, fib.Flags, FibFlags.Output, "oif");
        var (word, type) = fib.Result switch
        {
            FibResult.InterfaceIndex => ("oif", fib.Flags.HasFlag(FibFlags.Present) ? DataTypes.Boolean : DataTypes.InterfaceIndex),
            FibResult.InterfaceName => ("oifname", fib.Flags.HasFlag(FibFlags.Present) ? DataTypes.Boolean : DataTypes.InterfaceName),
            FibResult.AddressType => ("type", DataTypes.AddressKind),
            _ => ("", DataTypes.Raw),
        };
        return new NamedOperand(
            $"fib {string.Join(" . ", parts)} {word}", type, type.Length > 0 ? type.Length : 4)
        { IsForeign = word.Length == 0 };
    }

    private static void Add(List<string> parts, FibFlags flags, FibFlags flag, string word)
    {
        if (flags.HasFlag(flag))
        {
            parts.Add(word);
        }
    }
}
