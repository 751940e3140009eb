using Portolan.Model;
using Portolan.Scan.Checking;

namespace Portolan.Scan.Identification;

/// <summary>A port that is asked what it is.</summary>
/// <param name="Socket">Its address and port.</param>
/// <param name="Protocol">TCP or UDP.</param>
/// <param name="Name">The host's name as the person wrote it, for TLS and HTTP; <c>null</c> where an address was written.</param>
public sealed record ServiceTarget(RemoteSocket Socket, TransportProtocol Protocol, string? Name)
{
    /// <summary>
    /// The open port by which its host looks like a printer: a port that is not a known protocol's is listened to, and nothing is sent.
    /// <c>null</c> where the host does not look like one.
    /// </summary>
    public PortNumber? PrinterPort { get; init; }

    /// <summary>Its host looks like a printer.</summary>
    public bool IsOfPrinter => PrinterPort is not null;

    /// <summary>It has not answered yet (<c>open|filtered</c>): it is asked what usually answers there, and nothing else.</summary>
    public bool IsSilent { get; init; }

    /// <summary>Connections that may be open to its host at once, beyond the first to each port; <c>null</c> for any number.</summary>
    public HostPlaces? Places { get; init; }

    /// <summary>A number of this run: some peers drop a message whose identifier they have seen before.</summary>
    public ulong RunNumber { get; init; }

    /// <summary>The port that is identified.</summary>
    public PortNumber Port => Socket.Port;

    /// <summary>The host as a URL has it: the name, or the address, in brackets where it is IPv6.</summary>
    public string Host => Name ?? (Socket.Address.IsIPv4 ? Socket.Address.ToString() : $"[{Socket.Address}]");
}
