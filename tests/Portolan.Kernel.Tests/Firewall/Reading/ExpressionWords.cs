using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Kernel.Tests.Firewall.Reading;

/// <summary>Expressions in words that tests can be read by.</summary>
internal static class ExpressionWords
{
    /// <summary>All expressions of a rule.</summary>
    internal static string Of(Rule rule) => string.Join("; ", rule.Expressions.Select(Of));

    /// <summary>One expression.</summary>
    internal static string Of(Expression expression) => expression switch
    {
        MetaExpression e => $"r{e.Destination.Word} = meta {e.Key}",
        MetaWriteExpression e => $"meta {e.Key} = r{e.Source.Word}",
        PayloadExpression e => $"r{e.Destination.Word} = {e.Base} {e.Offset}+{e.Length}",
        PayloadWriteExpression e => $"{e.Base} {e.Offset}+{e.Length} = r{e.Source.Word} checksum {e.ChecksumType} at {e.ChecksumOffset}",
        CompareExpression e => $"{e.Operation} r{e.Source.Word} {Hex(e.Data)}",
        RangeExpression e => $"r{e.Source.Word} {(e.Inverted ? "outside" : "in")} {Hex(e.From)}-{Hex(e.To)}",
        BitwiseExpression { Operation: BitwiseOperation.MaskXor } e =>
            $"r{e.Destination.Word} = r{e.Source.Word} & {Hex(e.Mask)} ^ {Hex(e.Xor)}",
        BitwiseExpression { Second: { } second } e => $"r{e.Destination.Word} = r{e.Source.Word} {e.Operation} r{second.Word}",
        BitwiseExpression e => $"r{e.Destination.Word} = r{e.Source.Word} {e.Operation} {Hex(e.Data)}",
        ImmediateExpression { Verdict: { } verdict } => verdict.Chain is null ? $"{verdict.Kind}" : $"{verdict.Kind} {verdict.Chain}",
        ImmediateExpression e => $"r{e.Destination.Word} = {Hex(e.Data)}",
        LookupExpression e =>
            $"r{e.Source.Word} {(e.Inverted ? "not " : "")}in "
                + $"@{e.SetName}{(e.Destination is { } to ? to.IsVerdict ? " gives verdict" : $" gives r{to.Word}" : "")}",
        ConnectionTrackingExpression e => $"r{e.Destination.Word} = ct {e.Direction}{e.Key}",
        ConnectionTrackingWriteExpression e => $"ct {e.Key} = r{e.Source.Word}",
        FibExpression e => $"r{e.Destination.Word} = fib {e.Flags} {e.Result}",
        NatExpression e =>
            $"{(e.IsSource ? "snat" : "dnat")} {e.Family} "
                + $"r{e.AddressMin?.Word}-r{e.AddressMax?.Word}:r{e.PortMin?.Word}-r{e.PortMax?.Word} flags {e.Flags}",
        DynamicSetExpression e =>
            $"{e.Operation} r{e.Key.Word} to @{e.SetName}{(e.TimeoutMilliseconds is { } t ? $" for {t} ms" : "")}"
                + $"{string.Concat(e.Expressions.Select(x => " with " + Of(x)))}",
        UnknownExpression e => $"unknown {e.Name}",
        _ => expression.ToString(),
    };

    private static string Hex(ReadOnlyMemory<byte> bytes) => Convert.ToHexString(bytes.Span);
}
