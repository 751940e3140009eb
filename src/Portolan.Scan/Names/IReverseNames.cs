using Portolan.Model;

namespace Portolan.Scan.Names;

/// <summary>Finds the names of addresses (reverse DNS, and what the hosts file says), many at once.</summary>
public interface IReverseNames
{
    /// <summary>Looks the addresses up and returns when all are done, or soon after <paramref name="goOn"/> said <c>false</c>.</summary>
    /// <param name="addresses">The addresses.</param>
    /// <param name="found">Called on the calling thread with the place of an address in the list and its name; not for those without
    /// one.</param>
    /// <param name="goOn">Called on the calling thread ten times a second or more with the part that is done, 0 to 1; <c>false</c> ends the
    /// look-ups.</param>
    void Find(IReadOnlyList<InternetAddress> addresses, Action<int, string> found, Func<double, bool> goOn);
}
