using System.Net;
using System.Net.Sockets;
using Portolan.Model;

namespace Portolan.Scan.Checking;

/// <summary>Asks the operating system's resolver, which does not say whom it asked.</summary>
/// <param name="timeout">The longest a lookup may take.</param>
/// <param name="time">The clock.</param>
public sealed class SystemNames(TimeSpan timeout, TimeProvider time) : INameLookup
{
    /// <inheritdoc/>
    public async Task<NameAnswer> FindAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            var found = await Dns.GetHostAddressesAsync(name, cancellationToken).WaitAsync(timeout, time, cancellationToken);
            return new NameAnswer([.. found.Select(InternetAddress.From)], "system", Problem: null);
        }
        catch (SocketException exception)
        {
            return new NameAnswer([], "system", exception.Message);
        }
        catch (TimeoutException)
        {
            return new NameAnswer([], "system", $"no answer in {ConnectWords.Seconds(timeout)}");
        }
    }
}
