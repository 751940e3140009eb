using Portolan.Model;

namespace Portolan.Scan.Checking;

/// <summary>What is known of a name's addresses, and who said so.</summary>
/// <param name="Addresses">In the order in which they were given; empty when there are none.</param>
/// <param name="Source">Who said so.</param>
/// <param name="Problem">Why there are none, in plain words; else <c>null</c>.</param>
public sealed record NameAnswer(IReadOnlyList<InternetAddress> Addresses, string Source, string? Problem);

/// <summary>Finds the addresses of names.</summary>
public interface INameLookup
{
    /// <summary>Looks up a name. What the network says, or does not say, is an answer, not an exception.</summary>
    Task<NameAnswer> FindAsync(string name, CancellationToken cancellationToken);
}
