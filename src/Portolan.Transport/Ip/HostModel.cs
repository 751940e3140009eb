namespace Portolan.Transport.Ip;

/// <summary>Whether an address belongs to its interface or to the whole host (RFC 1122 section 3.3.4.2).</summary>
public enum HostModel : byte
{
    /// <summary>To the host: it takes packets to any of its addresses on any interface, and sends from any by any, as Linux does.</summary>
    Weak,

    /// <summary>
    /// To the interface: packets to another interface's address are dropped, and packets leave by the interface of their source.
    /// </summary>
    Strong,
}
