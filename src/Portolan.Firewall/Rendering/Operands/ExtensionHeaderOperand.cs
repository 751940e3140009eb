using System.Globalization;
using Portolan.Firewall.Rendering.Headers;
using Portolan.Firewall.Rendering.Statements;
using Portolan.Firewall.Rendering.Values;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rendering.Operands;

/// <summary>A part of an extension header or option, or whether it is there.</summary>
internal sealed class ExtensionHeaderOperand(ExtensionHeaderExpression header) : Operand(Math.Max(1, header.Length))
{
    /// <summary>The bytes it was loaded from.</summary>
    public ExtensionHeaderExpression Header { get; } = header;

    /// <inheritdoc/>
    public override Term Resolve(TermScope scope, DataType? expected = null) => Resolve(scope, Header.Offset * 8, Header.Length * 8);

    /// <summary>Some bits of it.</summary>
    public Term Resolve(TermScope scope, int bitOffset, int bitLength)
    {
        if (Header.Kind is ExtensionHeaderKind.Ipv6)
        {
            scope.Headers.Add(ProtocolHeaders.Ip6);
        }
        else if (Header.Kind == ExtensionHeaderKind.Ipv4Option)
        {
            scope.Headers.Add(ProtocolHeaders.Ip);
        }

        if (Header.IsPresence)
        {
            var name = ExtensionHeaderNames.Presence(Header.Kind, Header.Type);
            return new Term(name ?? scope.Foreign(Unnamed()), DataTypes.Boolean, IsHostOrder: true, 1);
        }

        if (ExtensionHeaderNames.Field(Header.Kind, Header.Type, bitOffset, bitLength) is var (text, type))
        {
            return new Term(text, type, IsHostOrder: false, (bitLength + 7) / 8);
        }

        return Header.Kind == ExtensionHeaderKind.TcpOption
            ? new Term(
                string.Create(CultureInfo.InvariantCulture, $"tcp option @{Header.Type},{bitOffset},{bitLength}"), DataTypes.Integer,
                IsHostOrder: false, (bitLength + 7) / 8)
            : new Term(scope.Foreign(Unnamed()), DataTypes.Raw, IsHostOrder: false, (bitLength + 7) / 8);
    }

    /// <summary>Whether these bits have a name.</summary>
    public bool HasField(int bitOffset, int bitLength) =>
        ExtensionHeaderNames.Field(Header.Kind, Header.Type, bitOffset, bitLength) is not null;

    private string Unnamed() => string.Create(CultureInfo.InvariantCulture, $"{Header.Kind switch
    {
        ExtensionHeaderKind.Ipv6 => "exthdr",
        ExtensionHeaderKind.Ipv4Option => "ip option",
        ExtensionHeaderKind.SctpChunk => "sctp chunk",
        ExtensionHeaderKind.DccpOption => "dccp option",
        _ => "tcp option",
    }} {Header.Type} @{Header.Offset * 8},{Header.Length * 8}");
}
