using System.Globalization;
using Portolan.Firewall.Rendering.Headers;
using Portolan.Firewall.Rendering.Values;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Rendering.Operands;

/// <summary>Bytes of the packet.</summary>
/// <param name="place">Where the offset counts from.</param>
/// <param name="offset">Bytes.</param>
/// <param name="length">Bytes.</param>
internal sealed class PayloadOperand(PayloadBase place, int offset, int length) : Operand(length)
{
    /// <summary>Where the offset counts from.</summary>
    public PayloadBase Base { get; } = place;

    /// <summary>Bytes from there.</summary>
    public int Offset { get; } = offset;

    /// <inheritdoc/>
    public override Term Resolve(TermScope scope, DataType? expected = null) => Resolve(scope, Offset * 8, Length * 8);

    /// <summary>Some bits of it: a field by its name, else as they are.</summary>
    /// <param name="scope">The statement.</param>
    /// <param name="bitOffset">Bits from the base.</param>
    /// <param name="bitLength">Bits.</param>
    public Term Resolve(TermScope scope, int bitOffset, int bitLength)
    {
        if (Field(scope, bitOffset, bitLength) is var (header, field))
        {
            scope.Compares(header, field);
            return new Term($"{header.Name} {field.Name}", TypeOf(scope, field), IsHostOrder: false, (bitLength + 7) / 8);
        }

        scope.Compares(RulePartKind.Match);
        return new Term(Raw(scope, bitOffset, bitLength), DataTypes.Raw, IsHostOrder: false, (bitLength + 7) / 8);
    }

    /// <summary>The field at this place, where the headers so far tell which header is there.</summary>
    public (ProtocolHeader Header, HeaderField Field)? Field(TermScope scope, int bitOffset, int bitLength)
    {
        if (scope.Context.HeaderAt(Base, bitOffset) is { } header)
        {
            foreach (var field in header.Fields)
            {
                if (field.Offset == bitOffset && field.Length == bitLength && IsThere(scope, field))
                {
                    return (header, field);
                }
            }
        }

        return null;
    }

    /// <summary>The field that starts here and is longer, or <c>null</c>.</summary>
    public (ProtocolHeader Header, HeaderField Field)? LongerField(TermScope scope)
    {
        if (scope.Context.HeaderAt(Base, Offset * 8) is { } header)
        {
            foreach (var field in header.Fields)
            {
                if (field.Offset == Offset * 8 && field.Length > Length * 8 && field.Type.HasPrefixes && IsThere(scope, field))
                {
                    return (header, field);
                }
            }
        }

        return null;
    }

    /// <summary>The fields that together are exactly these bytes; <c>null</c> where they are not two or more.</summary>
    public IReadOnlyList<(ProtocolHeader Header, HeaderField Field)>? Split(TermScope scope)
    {
        var parts = new List<(ProtocolHeader, HeaderField)>();
        var end = (Offset + Length) * 8;
        for (var at = Offset * 8; at < end;)
        {
            if (scope.Context.HeaderAt(Base, at) is not { } header || WholeField(scope, header, at) is not { } field)
            {
                return null;
            }

            parts.Add((header, field));
            at += field.Length;
            if (at > end)
            {
                return null;
            }
        }

        return parts.Count > 1 ? parts : null;
    }

    /// <summary>A field's type. The names of ICMP codes are those of one type of message, "destination unreachable".</summary>
    public static DataType TypeOf(TermScope scope, HeaderField field) =>
        (field.Type == DataTypes.IcmpCode && scope.Context.IcmpType != 3)
            || (field.Type == DataTypes.Icmpv6Code && scope.Context.IcmpType != 1) ? DataTypes.Integer : field.Type;

    private string Raw(TermScope scope, int bitOffset, int bitLength)
    {
        var word = Base switch
        {
            PayloadBase.LinkLayer => "ll",
            PayloadBase.Network => "nh",
            PayloadBase.Transport => "th",
            PayloadBase.Inner => "ih",
            _ => scope.Foreign("tunnel"),
        };
        return string.Create(CultureInfo.InvariantCulture, $"@{word},{bitOffset},{bitLength}");
    }

    private static HeaderField? WholeField(TermScope scope, ProtocolHeader header, int at)
    {
        foreach (var field in header.Fields)
        {
            if (field.Offset == at && field.IsWholeBytes && IsThere(scope, field))
            {
                return field;
            }
        }

        return null;
    }

    private static bool IsThere(TermScope scope, HeaderField field) =>
        field.Needs.Length == 0 || (scope.Context.IcmpType is { } type && field.Needs.Contains((byte)type));
}
