using Portolan.Model;

namespace Portolan.Transport.Ports;

/// <summary>
/// Who keeps the pairs of a protocol's connections, those that rest in TIME-WAIT too, smaller than a <see cref="PortHolder"/> each.
/// </summary>
internal interface IPairKeeper
{
    /// <summary>Whether no connection has a pair: it is free, or it rests and may be taken over now; it rests no more then.</summary>
    /// <param name="local">This end's address.</param>
    /// <param name="localPort">This end's port.</param>
    /// <param name="remote">The peer's address.</param>
    /// <param name="remotePort">The peer's port.</param>
    /// <param name="zone">The interface; it counts only for link-local addresses.</param>
    bool TryClear(InternetAddress local, PortNumber localPort, InternetAddress remote, PortNumber remotePort, int zone);
}
