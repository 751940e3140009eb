using System.Net;

namespace Portolan.Transport.AspNetCore;

/// <summary>An address of one stack, where a server listens in several or in the operating system too.</summary>
/// <param name="stack">The stack.</param>
/// <param name="endPoint">The address and port in it.</param>
public sealed class StackEndPoint(NetworkStack stack, IPEndPoint endPoint) : EndPoint
{
    /// <summary>The stack.</summary>
    public NetworkStack Stack => stack;

    /// <summary>The address and port in it.</summary>
    public IPEndPoint EndPoint => endPoint;

    /// <summary>Such as <c>198.18.0.1:80 of server</c>.</summary>
    public override string ToString() => $"{endPoint} of {stack.Name}";
}
