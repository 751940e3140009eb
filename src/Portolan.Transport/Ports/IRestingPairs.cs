using Portolan.Model;

namespace Portolan.Transport.Ports;

/// <summary>Who keeps the pairs that rest in TIME-WAIT, smaller than a <see cref="PortHolder"/> each.</summary>
internal interface IRestingPairs
{
    /// <summary>Whether a pair does not rest, or may be taken over now; it rests no more then.</summary>
    bool TryClear(TransportProtocol protocol, InternetAddress local, PortNumber localPort, InternetAddress remote, PortNumber remotePort, int interfaceNumber);
}
