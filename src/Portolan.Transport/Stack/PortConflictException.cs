using System.Net.Sockets;
using Portolan.Transport.Ports;

namespace Portolan.Transport;

/// <summary>A port could not be had. The message names who holds it and the rule that says so.</summary>
public sealed class PortConflictException : SocketException
{
    /// <summary>For serializers and tests.</summary>
    public PortConflictException()
    {
    }

    /// <summary>With the reason.</summary>
    public PortConflictException(SocketError code, string message, BindResult result)
        : base((int)code, message) => Result = result;

    /// <summary>The rule, and the holder in the way as it was then.</summary>
    public BindResult Result { get; }
}
