namespace Portolan.Scan.Engine;

/// <summary>Which open ports are not told when they are found, for what is known of them is not whole yet.</summary>
internal enum HeldPorts : byte
{
    /// <summary>None.</summary>
    None,

    /// <summary>TCP ports that only a SYN-ACK shows to be open: their handshakes follow.</summary>
    SynAcked,

    /// <summary>All open TCP ports: it is heard what their services say first.</summary>
    OpenTcp,

    /// <summary>All open ports: they are asked what they are.</summary>
    Open,
}
