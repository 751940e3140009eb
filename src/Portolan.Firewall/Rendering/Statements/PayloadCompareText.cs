using System.Globalization;
using Portolan.Firewall.Rendering.Headers;
using Portolan.Firewall.Rendering.Operands;
using Portolan.Firewall.Rendering.Values;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Rendering.Statements;

/// <summary>Comparisons of the packet's bytes, as fields where their place is that of one.</summary>
internal static class PayloadCompareText
{
    /// <summary>The match.</summary>
    /// <param name="scope">The statement.</param>
    /// <param name="payload">The bytes.</param>
    /// <param name="mask">The bits of them that count; empty for all.</param>
    /// <param name="operation">The comparison.</param>
    /// <param name="data">What they are compared with.</param>
    public static string Of(
        TermScope scope, PayloadOperand payload, ReadOnlySpan<byte> mask, CompareOperation operation, ReadOnlySpan<byte> data)
    {
        if (data.Length != payload.Length)
        {
            return scope.Foreign($"{payload.Resolve(scope).Text}{CompareText.Sign(operation)}{ByteText.Hex(data)}");
        }

        return mask.IsEmpty ? Whole(scope, payload, operation, data) : Masked(scope, payload, mask, operation, data);
    }

    private static string Whole(TermScope scope, PayloadOperand payload, CompareOperation operation, ReadOnlySpan<byte> data)
    {
        var isEquality = operation is CompareOperation.Equal or CompareOperation.NotEqual;
        if (payload.Field(scope, payload.Offset * 8, payload.Length * 8) is null && isEquality)
        {
            // The start of an address is loaded where its prefix ends with a byte.
            if (payload.LongerField(scope) is var (header, longer))
            {
                scope.Compares(header, longer);
                var address = new byte[longer.Length / 8];
                data.CopyTo(address);
                return string.Create(
                    CultureInfo.InvariantCulture,
                    $"{header.Name} {longer.Name}{CompareText.Sign(operation)}{longer.Type.Format(address)}/{data.Length * 8}");
            }

            // Neighbours that are compared with constants are loaded together.
            if (operation == CompareOperation.Equal && payload.Base != PayloadBase.Network && payload.Split(scope) is { } parts)
            {
                return Parts(scope, parts, data);
            }
        }

        var term = payload.Resolve(scope);
        scope.IsLoadable &= term.Type.CanWrite(data);
        if (operation == CompareOperation.Equal && payload.Field(scope, payload.Offset * 8, payload.Length * 8) is var (found, field))
        {
            if (Fact(found, field, data) is { } fact)
            {
                scope.IsFact(fact);
            }
        }

        return $"{term.Text}{CompareText.Sign(operation, term.Type.IsFlags)}"
            + $"{(term.Type.IsFlags ? term.Type.FormatOperand(data) : term.Type.Format(data))}";
    }

    private static string Masked(
        TermScope scope, PayloadOperand payload, ReadOnlySpan<byte> mask, CompareOperation operation, ReadOnlySpan<byte> data)
    {
        if (payload.Field(scope, payload.Offset * 8, payload.Length * 8) is var (_, whole))
        {
            if (operation is CompareOperation.Equal or CompareOperation.NotEqual && whole.Type.HasPrefixes
                && ByteText.PrefixLength(mask) is { } bits && bits % 8 != 0)
            {
                return string.Create(
                    CultureInfo.InvariantCulture,
                    $"{payload.Resolve(scope).Text}{CompareText.Sign(operation)}{whole.Type.Format(data)}/{bits}");
            }

            return CompareText.Masked(payload.Resolve(scope), mask, operation, data);
        }

        if (MaskedOperand.Run(payload.Offset, mask) is var (offset, length, shift) && (ByteText.Number(data) & ~ByteText.Number(mask)) == 0)
        {
            var term = payload.Resolve(scope, offset, length);
            return $"{term.Text}{CompareText.Sign(operation)}"
                + $"{term.Type.Format(ByteText.Bytes(ByteText.Number(data) >> shift, (length + 7) / 8))}";
        }

        return CompareText.Masked(payload.Resolve(scope), mask, operation, data);
    }

    private static string Parts(TermScope scope, IReadOnlyList<(ProtocolHeader Header, HeaderField Field)> parts, ReadOnlySpan<byte> data)
    {
        var texts = new List<string>();
        var at = 0;
        foreach (var (header, field) in parts)
        {
            var part = data.Slice(at, field.Length / 8);
            var type = TypeOf(scope, field);
            scope.Compares(header, field);
            texts.Add($"{header.Name} {field.Name}{CompareText.Sign(CompareOperation.Equal, type.IsFlags)}"
                + $"{(type.IsFlags ? type.FormatOperand(part) : type.Format(part))}");
            if (Fact(header, field, part) is { } fact)
            {
                scope.Facts.Add(fact);
            }

            at += part.Length;
        }

        return string.Join(' ', texts);
    }

    // The ICMP type may be in the same bytes.
    private static DataType TypeOf(TermScope scope, HeaderField field) =>
        scope.Facts is [.., { Kind: HeaderFactKind.IcmpType, Value: 1 or 3 }] ? field.Type : PayloadOperand.TypeOf(scope, field);

    private static HeaderFact? Fact(ProtocolHeader header, HeaderField field, ReadOnlySpan<byte> data)
    {
        HeaderFactKind? kind = (header.Name, field.Name) switch
        {
            ("ether", "type") => HeaderFactKind.EtherType,
            ("vlan", "type") => HeaderFactKind.VlanType,
            ("ip", "protocol") => HeaderFactKind.IpProtocol,
            ("ip6", "nexthdr") => HeaderFactKind.Ip6NextHeader,
            ("icmp" or "icmpv6", "type") => HeaderFactKind.IcmpType,
            _ => null,
        };
        return kind is { } known ? new HeaderFact(known, (int)ByteText.Number(data)) : null;
    }
}
