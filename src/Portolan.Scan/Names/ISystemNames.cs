using System.Net;
using System.Net.Sockets;
using Portolan.Model;

namespace Portolan.Scan.Names;

/// <summary>The operating system's own resolver, which knows sources that only it can ask.</summary>
public interface ISystemNames
{
    /// <summary>Asks it.</summary>
    /// <param name="name">The name.</param>
    /// <param name="timeout">The longest wait; what is not over by then goes on in the background, for the system's call cannot be
    /// ended.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The addresses, or why there are none in the system's words.</returns>
    Task<(IReadOnlyList<InternetAddress> Addresses, string? Error)> FindAsync(
        string name, TimeSpan timeout, CancellationToken cancellation);
}

/// <summary><c>getaddrinfo</c>.</summary>
/// <param name="time">The clock.</param>
public sealed class SystemNames(TimeProvider time) : ISystemNames
{
    /// <inheritdoc/>
    public async Task<(IReadOnlyList<InternetAddress> Addresses, string? Error)> FindAsync(
        string name, TimeSpan timeout, CancellationToken cancellation)
    {
        try
        {
            var found = await Dns.GetHostAddressesAsync(name, cancellation).WaitAsync(timeout, time, cancellation);
            return ([.. found.Select(InternetAddress.From)], null);
        }
        catch (SocketException exception)
        {
            return ([], exception.Message);
        }
        catch (TimeoutException)
        {
            return ([], "no answer");
        }
        catch (ArgumentException)
        {
            return ([], "not a name");
        }
    }
}
