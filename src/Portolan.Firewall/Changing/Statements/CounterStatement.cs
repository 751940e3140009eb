using System.Globalization;
using Portolan.Firewall.Changing.Table;

namespace Portolan.Firewall.Changing.Statements;

/// <summary>Counts packets, going on from what was counted before the table was written anew.</summary>
/// <param name="Start">What was counted.</param>
public sealed record CounterStatement(RuleCount Start) : Statement
{
    /// <inheritdoc/>
    public override string Text =>
        Start == default ? "counter" : string.Create(CultureInfo.InvariantCulture, $"counter packets {Start.Packets} bytes {Start.Bytes}");

    /// <inheritdoc/>
    public override void Write(ExpressionWriter writer) => writer.Counter(Start);
}
