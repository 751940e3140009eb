using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Transport.Ports;

/// <summary>
/// The sockets that share an end by SO_REUSEPORT. Each flow goes to one of them, chosen by a keyed hash of its socket pair, so that all its
/// packets meet the same socket and no host outside can aim at one (Linux' <c>reuseport_select_sock</c>).
/// </summary>
/// <remarks>One thread at a time.</remarks>
/// <typeparam name="T">The socket.</typeparam>
/// <param name="hash">The key; from a seed that a peer cannot know.</param>
internal sealed class ReusePortGroup<T>(SipHash hash)
{
    private readonly List<T> _members = [];

    /// <summary>How many.</summary>
    public int Count => _members.Count;

    /// <summary>The members, in the order that the hash chooses from.</summary>
    public IReadOnlyList<T> Members => _members;

    /// <summary>Adds a socket.</summary>
    public void Add(T member) => _members.Add(member);

    /// <summary>
    /// Removes a socket. The last one takes its place, so that only flows of these two move (and those whose share changes with the count).
    /// </summary>
    public bool Remove(T member)
    {
        var index = _members.IndexOf(member);
        if (index < 0)
        {
            return false;
        }

        _members[index] = _members[^1];
        _members.RemoveAt(_members.Count - 1);
        return true;
    }

    /// <summary>The socket of a flow.</summary>
    /// <exception cref="InvalidOperationException">The group is empty.</exception>
    public T Select(InternetAddress local, PortNumber localPort, InternetAddress remote, PortNumber remotePort)
    {
        if (_members.Count == 0)
        {
            throw new InvalidOperationException("a group without sockets takes no flow");
        }

        var number = hash.QuickOf(
            [local.UpperBits, local.LowerBits, remote.UpperBits, remote.LowerBits, ((ulong)localPort.Value << 16) | remotePort.Value]);
        return _members[(int)Math.BigMul(number, (ulong)_members.Count, out _)];
    }
}
