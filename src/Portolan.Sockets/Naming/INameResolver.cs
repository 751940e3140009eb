namespace Portolan.Sockets.Naming;

/// <summary>Finds names of addresses. Tests give their own, so that no test asks a name server.</summary>
public interface INameResolver
{
    /// <summary>
    /// Names of those addresses that have one and whose name came within <paramref name="budget"/>, which is for all of them together.
    /// </summary>
    IReadOnlyDictionary<InternetAddress, string> Resolve(
        IReadOnlyCollection<InternetAddress> addresses, TimeSpan budget, CancellationToken cancellationToken);
}
