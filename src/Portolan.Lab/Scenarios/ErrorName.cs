using System.Net.Sockets;

namespace Portolan.Lab.Scenarios;

/// <summary>The errors of sockets as programs on Linux and macOS know them.</summary>
internal static class ErrorName
{
    /// <summary>The name of an error (errno), e.g. <c>EADDRINUSE</c>; <c>none</c> where there was none.</summary>
    internal static string Of(SocketException? error) => error?.SocketErrorCode switch
    {
        null => "none",
        SocketError.AddressAlreadyInUse => "EADDRINUSE",
        SocketError.AddressNotAvailable => "EADDRNOTAVAIL",
        SocketError.ConnectionRefused => "ECONNREFUSED",
        SocketError.HostUnreachable => "EHOSTUNREACH",
        SocketError.NetworkUnreachable => "ENETUNREACH",
        SocketError.TimedOut => "ETIMEDOUT",
        { } other => $"{other}",
    };
}
