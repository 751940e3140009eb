using Portolan.Model;
using Portolan.Transport.Ports;

namespace Portolan.Kernel.Tests.Transport;

/// <summary>One sequence of operations on the kernel's ports and on a table's, side by side.</summary>
internal sealed class PortSequence(Random random, TransportProtocol protocol, int otherInterface)
{
    private const int AddressInUse = 98;
    private const int Loopback = 1;
    private const int FirstPort = 40000;
    private const int Ports = 4;

    /// <summary>
    /// Beyond ten sockets in a slot UDP looks only at sockets of the same address or none, and misses what a wildcard would meet.
    /// </summary>
    private const int MostHeld = 9;

    /// <summary>
    /// A child that another test has just started holds copies of our closed sockets until its exec: a refusal that the table does not
    /// share is looked at again.
    /// </summary>
    private const int Looks = 50;

    private static readonly string[] Addresses = [
        "0.0.0.0", "127.0.0.1", "127.0.0.2", "198.18.0.1", "::", "::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:0.0.0.0"];

    private readonly PortTable _table =
        new(new LinuxBindRules(), new EphemeralRange(new PortRange(new(FirstPort), new(FirstPort + Ports - 1)), new PortSet()), seed: 1);
    private readonly List<(PortHolder Holder, KernelPort Kernel)> _held = [];
    private readonly PortSummary[] _summaries = [.. Enumerable.Range(0, Ports).Select(static _ => new PortSummary())];
    private readonly List<string> _log = [];

    /// <summary>Answers that were alike.</summary>
    internal int Agreed { get; private set; }

    /// <summary>Refusals among them.</summary>
    internal int Refused { get; private set; }

    /// <summary>Whether the kernel took its shortcut past the rules, which ends the sequence.</summary>
    internal bool IsExplained { get; private set; }

    /// <summary>Runs the sequence. Returns how the answers differed, with all that led there; <c>null</c> when they did not.</summary>
    internal string? Run(int steps)
    {
        try
        {
            for (var step = 0; step < steps && !IsExplained; step++)
            {
                var fault = random.Next(10) switch
                {
                    < 6 when _held.Count < MostHeld => Bind(),
                    6 or 7 when protocol == TransportProtocol.Tcp => Listen(),
                    _ => Release(),
                };
                if (fault is not null)
                {
                    return $"{fault}\n{string.Join('\n', _log)}";
                }
            }

            return null;
        }
        finally
        {
            while (_held.Count > 0)
            {
                Release();
            }
        }
    }

    private PortBinding AnyBinding()
    {
        var text = Addresses[random.Next(Addresses.Length)];
        Assert.True(InternetAddress.TryParse(text, out var address));

        // The kernel refuses an IPv6 address on an interface that does not have it, which is no matter of ports.
        int[] interfaces = text switch
        {
            "::1" or "::ffff:127.0.0.1" => [Loopback],
            "2001:db8::1" => [otherInterface],
            _ => [Loopback, otherInterface],
        };
        return new PortBinding(
            protocol,
            address,
            new PortNumber((ushort)(random.Next(5) == 0 ? 0 : FirstPort + random.Next(2))),
            random.Next(4) == 0 ? interfaces[random.Next(interfaces.Length)] : 0,
            text == "::" && random.Next(2) == 0,
            random.Next(2) == 0,
            random.Next(3) == 0);
    }

    private string? Bind()
    {
        var binding = AnyBinding();
        var error = KernelPort.TryBind(binding, out var kernel);
        for (var look = 0; look < Looks && error == AddressInUse && HasRoom(binding); look++)
        {
            Thread.Sleep(10);
            error = KernelPort.TryBind(binding, out kernel);
        }

        _log.Add($"bind {binding}: {error}");
        if (error is not (0 or AddressInUse))
        {
            return $"the kernel fails with {error}, which is no answer about ports";
        }

        return binding.Port.Value == 0 ? Chosen(binding, kernel) : Take(binding, kernel);
    }

    /// <summary>Whether the table would give the port, or any port where none is named.</summary>
    private bool HasRoom(in PortBinding binding)
    {
        if (binding.Port.Value != 0)
        {
            return _table.Forecast(binding).Rule == BindRule.None;
        }

        for (var port = FirstPort; port < FirstPort + Ports; port++)
        {
            if (_table.Forecast(binding with { Port = new((ushort)port) }, isChosen: true).Rule == BindRule.None)
            {
                return true;
            }
        }

        return false;
    }

    private string? Take(in PortBinding binding, KernelPort? kernel)
    {
        var result = _table.Bind(binding);
        var summary = _summaries[binding.Port - FirstPort];
        if (result.Succeeded == (kernel is not null))
        {
            Agreed++;
            Refused += result.Succeeded ? 0 : 1;
            if (result.Succeeded)
            {
                summary.Note(binding, isNew: true);
                _held.Add((result.Holder, kernel!));
            }

            return null;
        }

        IsExplained = kernel is not null && protocol == TransportProtocol.Tcp && summary.Skips(binding);
        kernel?.Dispose();
        return IsExplained ? null : $"the table says: {result}";
    }

    /// <summary>
    /// Which port is chosen is the chooser's own affair; that the table would give it too, or has none to give either, is the claim.
    /// </summary>
    private string? Chosen(PortBinding binding, KernelPort? kernel)
    {
        if (kernel is null)
        {
            Agreed++;
            Refused++;
            return HasRoom(binding) ? "the kernel has no port to choose, the table has" : null;
        }

        binding = binding with { Port = kernel.Port };
        var forecast = _table.Forecast(binding, isChosen: true);
        if (forecast.Rule != BindRule.None)
        {
            kernel.Dispose();
            return $"the kernel chooses {binding.Port}, the table says: {forecast}";
        }

        return Take(binding, kernel);
    }

    private string? Listen()
    {
        var index = _held.FindIndex(static held => held.Holder.Use == PortUse.Bound);
        if (index < 0)
        {
            return null;
        }

        var (holder, kernel) = _held[index];
        var error = kernel.Listen();
        _log.Add($"listen {holder.Binding}: {error}");
        var result = _table.Listen(holder);
        var summary = _summaries[holder.Binding.Port - FirstPort];
        if (result.Succeeded == (error == 0))
        {
            Agreed++;
            Refused += result.Succeeded ? 0 : 1;
            if (result.Succeeded)
            {
                summary.Note(holder.Binding, isNew: false);
            }

            return null;
        }

        IsExplained = error == 0 && summary.Skips(holder.Binding);
        return IsExplained ? null : $"the table says: {result}";
    }

    private string? Release()
    {
        if (_held.Count > 0)
        {
            var index = random.Next(_held.Count);
            var (holder, kernel) = _held[index];
            _held.RemoveAt(index);
            _log.Add($"close {holder.Binding}");
            _summaries[holder.Binding.Port - FirstPort].Forget();
            _table.Release(holder);
            kernel.Dispose();
        }

        return null;
    }
}
