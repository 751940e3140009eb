using System.Globalization;
using Portolan.Firewall.Host;

namespace Portolan.Reachability.Explaining;

/// <summary>
/// The senders as people name them: <c>198.51.100.7</c>, <c>10.0.0.0/8</c>, <c>2001:db8::/32</c>, an interface, <c>eth0</c>, or both,
/// <c>198.51.100.7%eth0</c>.
/// </summary>
public static class SenderArgument
{
    private const string Option = "--from";

    /// <summary>Reads it.</summary>
    /// <param name="text">What was typed.</param>
    /// <param name="host">The interfaces and addresses of this machine; <c>null</c> when they could not be read.</param>
    /// <param name="name">What takes it, for the message.</param>
    /// <exception cref="PortolanException">It is neither. Exit code <see cref="ExitCode.Usage"/>.</exception>
    public static SenderChoice Parse(string text, HostFacts? host, string name = Option)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (host?.Interfaces.FirstOrDefault(i => i.Name == text) is { } device)
        {
            return new SenderChoice(text) { Interface = device.Index, IsThisMachine = device.IsLoopback };
        }

        // Names of interfaces may hold a percent sign too, addresses do not.
        var percent = text.IndexOf('%', StringComparison.Ordinal);
        if (percent > 0 && host is not null)
        {
            var sender = Parse(text[..percent], host, name);
            var link = host.Interfaces.FirstOrDefault(i => i.Name == text[(percent + 1)..])
                ?? throw new PortolanException(
                    $"no interface is named '{text[(percent + 1)..]}'",
                    $"the interfaces are {Advice.List(host.Interfaces.Select(i => i.Name))}", ExitCode.Usage);
            return sender.Addresses is null || sender.IsThisMachine ? sender : sender with { Text = text, Interface = link.Index };
        }

        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var length = -1;
        if (!InternetAddress.TryParse(slash < 0 ? text : text.AsSpan(0, slash), out var address)
            || (slash >= 0
                && (!int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out length)
                    || length > address.BitCount)))
        {
            var names = host is null ? Advice.Of($"") : $"; the interfaces are {Advice.List(host.Interfaces.Select(i => i.Name))}";
            throw new PortolanException(
                $"{name} takes an address, a prefix or an interface, not '{text}'",
                name == Option
                    ? Advice.Of($"e.g. --from 198.51.100.7, --from 10.0.0.0/8, --from eth0 or --from 198.51.100.7%eth0{names}")
                    : Advice.Of($"e.g. 198.51.100.7, 10.0.0.0/8, eth0 or 198.51.100.7%eth0{names}"),
                ExitCode.Usage);
        }

        address = address.Unmap();
        var addresses = slash < 0 ? IntervalSet.Of(address.Number) : IntervalSet.Prefix(address.Number, length, address.BitCount);
        return new SenderChoice(text)
        {
            Addresses = addresses,
            IsIPv4 = address.IsIPv4,
            IsThisMachine = slash < 0 && (address.IsLoopback || host?.Addresses.Any(a => a.Address == address) == true),
        };
    }
}
