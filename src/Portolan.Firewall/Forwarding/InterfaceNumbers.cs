using Portolan.Linux;
using Portolan.Linux.Netlink;

namespace Portolan.Firewall.Forwarding;

/// <summary>The names and numbers of the interfaces of this thread's network namespace, at one moment.</summary>
internal sealed class InterfaceNumbers
{
    private readonly Dictionary<int, string> _names = [];
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);

    /// <summary>Asks the kernel.</summary>
    /// <exception cref="LinuxException">It does not tell.</exception>
    public static InterfaceNumbers Read()
    {
        var found = new InterfaceNumbers();
        using var socket = NetlinkSocket.Open(NetlinkFamily.Route);
        var isWhole = LinkRequests.ReadNames(
            socket, (number, name) => (found._names[number], found._numbers[name]) = (name, number), CancellationToken.None);
        return isWhole ? found : throw new LinuxException(Errno.NotPermitted, "read the network interfaces");
    }

    /// <summary>The name of an interface; <c>null</c> when there is none of that number.</summary>
    public string? NameOf(int number) => _names.GetValueOrDefault(number);

    /// <summary>The number of an interface; <c>null</c> when there is none of that name.</summary>
    public int? NumberOf(string name) => _numbers.TryGetValue(name, out var number) ? number : null;
}
