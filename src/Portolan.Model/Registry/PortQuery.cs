namespace Portolan.Model.Registry;

/// <summary>What one item of a WORD asks the registry for.</summary>
/// <param name="Text">The item as typed, without its protocol.</param>
/// <param name="Kind">What kind of question it is.</param>
/// <param name="Ports">The port or range; nothing for names.</param>
/// <param name="Protocol">The only protocol, never UDP-Lite, which shares UDP's entries; <c>null</c> for every one.</param>
public readonly record struct PortQuery(string Text, PortQueryKind Kind, PortRange Ports, TransportProtocol? Protocol);

/// <summary>The kinds of question.</summary>
public enum PortQueryKind
{
    /// <summary>One number, e.g. <c>443</c>.</summary>
    Port,

    /// <summary>More than one port.</summary>
    Range,

    /// <summary>A service's name or alias.</summary>
    Name,

    /// <summary>The beginning of names.</summary>
    Prefix,
}
