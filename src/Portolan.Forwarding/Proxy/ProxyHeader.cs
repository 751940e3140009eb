namespace Portolan.Forwarding.Proxy;

/// <summary>What a PROXY header says of a connection.</summary>
/// <param name="Source">Who connected first; <c>null</c> where the header does not say.</param>
/// <param name="SourcePort">From which port.</param>
/// <param name="Destination">To which address; <c>null</c> where the header does not say.</param>
/// <param name="DestinationPort">To which port.</param>
internal readonly record struct ProxyHeader(
    InternetAddress? Source, PortNumber SourcePort, InternetAddress? Destination, PortNumber DestinationPort);

/// <summary>How the reading of a header went.</summary>
internal enum ProxyRead : byte
{
    /// <summary>It is not all there yet.</summary>
    Incomplete,

    Complete,

    /// <summary>These bytes are no header.</summary>
    Bad,
}
