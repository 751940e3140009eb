using System.Globalization;
using Portolan.Firewall.Rendering.Values;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rendering.Statements;

/// <summary><c>queue flags bypass to 1-3</c>.</summary>
internal static class QueueText
{
    /// <summary>Writes the statement.</summary>
    public static void Write(RuleTranslation rule, QueueExpression queue)
    {
        var flags = (queue.Flags & 3) switch { 1 => " flags bypass", 2 => " flags fanout", 3 => " flags bypass,fanout", _ => "" };
        if (queue.Source is { } register)
        {
            if (rule.Registers.Read(register) is { } operand)
            {
                rule.Emit(scope => $"queue{flags} to {operand.Resolve(scope, DataTypes.HostInteger).Text}");
            }
            else
            {
                rule.EmitForeign(queue);
            }

            return;
        }

        var last = queue.First + Math.Max(1, (int)queue.Total) - 1;
        rule.Emit(string.Create(
            CultureInfo.InvariantCulture,
            $"queue{flags} to {queue.First}{(last > queue.First ? string.Create(CultureInfo.InvariantCulture, $"-{last}") : "")}"));
    }
}
