using Portolan.Kernel.Tests.Support;
using Portolan.Kernel.Tests.Transport;
using Portolan.Model;
using Portolan.Sockets;
using Portolan.Sockets.Acquire;
using Portolan.Sockets.Binding;
using Portolan.Tests.Support;
using Portolan.Transport.Ports;

namespace Portolan.Kernel.Tests.Binding;

/// <summary>
/// Which sockets may have one port together: every holder against every bind, by address, family, IPV6_V6ONLY, SO_REUSEADDR, SO_REUSEPORT
/// and user. The kernel is asked each time.
/// </summary>
[Collection(Alone.Name)]
public sealed class BindSharingTests
{
    private const ushort Port = 7778;
    private const uint Root = 0;
    private const uint Other = 33;

    private static readonly (string Address, bool V6Only)[] Addresses =
        [("0.0.0.0", false), ("127.0.0.1", false), ("::", false), ("::", true), ("::1", false), ("::ffff:127.0.0.1", false),
            ("::ffff:0.0.0.0", false)];

    private static readonly BindSharing[] Options = [new(false, false), new(true, false), new(false, true), new(true, true)];

    public enum Use
    {
        Listening,
        Bound,
        Datagram,
    }

    public static TheoryData<Use, string, bool> Holders
    {
        get
        {
            var data = new TheoryData<Use, string, bool>();
            foreach (var use in Enum.GetValues<Use>())
            {
                foreach (var (address, v6Only) in Addresses)
                {
                    data.Add(use, address, v6Only);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Holders))]
    public void Who_may_share_a_port_is_what_bind_says(Use use, string address, bool v6Only) => Netns.Run(() =>
    {
        foreach (var holds in Options)
        {
            foreach (var user in (uint[])[Root, Other])
            {
                using var holder = Hold(use, address, v6Only, holds, user);
                var situation = $"{use} {address}{(v6Only ? " v6only" : "")} {holds} of user {user}";
                AssertUntilQuiet(() => WrongForecasts(ProtocolOf(use), holds), situation);
            }
        }
    });

    [Theory]
    [MemberData(nameof(Holders))]
    public void What_who_says_of_sharing_is_what_bind_says(Use use, string address, bool v6Only) => Netns.Run(() =>
    {
        using var machine = new Machine();
        foreach (var holds in Options)
        {
            foreach (var user in (uint[])[Root, Other])
            {
                using var holder = Hold(use, address, v6Only, holds, user);
                AssertUntilQuiet(
                    () => WrongWords(machine, ProtocolOf(use)), $"{use} {address}{(v6Only ? " v6only" : "")} {holds} of user {user}");
            }
        }
    });

    [Fact]
    public void Beside_a_socket_that_shares_its_port_the_ipv6_wildcard_can_be_bound() => Netns.Run(() =>
    {
        using var machine = new Machine();
        using var holder = Hold(Use.Listening, "0.0.0.0", v6Only: false, new BindSharing(true, true), Root);

        var outlook = Assert.Single(machine.Who(Port, TransportProtocol.Tcp).Outlooks);

        Assert.All(
            outlook.Trials,
            t => Assert.Equal((BindTrial.InUse, BindTrial.InUse, (uint?)null), (t.Errno, t.ErrnoWithReuse, t.Shared!.Value.User)));
        Assert.Equal(
            $"0.0.0.0:{Port} is bound: it covers every IPv4 address, and [::]:{Port} can only be bound with IPV6_V6ONLY or SO_REUSEPORT",
            outlook.Reasons[0].Text);
    });

    [Fact]
    public void Another_users_shared_port_names_that_user() => Netns.Run(() =>
    {
        using var machine = new Machine();
        using var holder = Hold(Use.Listening, "::", v6Only: false, new BindSharing(false, true), Other);

        var outlook = Assert.Single(machine.Who(Port, TransportProtocol.Tcp).Outlooks);

        Assert.All(outlook.Trials, t => Assert.Equal(Other, t.Shared!.Value.User));
        Assert.EndsWith(
            $"nor any single address can be bound without SO_REUSEPORT as user {Other}", outlook.Reasons[0].Text, StringComparison.Ordinal);
    });

    [Fact]
    public void Nobody_binds_for_another_user_without_privilege() => Netns.Run(() =>
    {
        ThreadPrivileges.Drop();

        Assert.Equal(
            1, new KernelBindReferee().TryBind(new BindAttempt(
                TransportProtocol.Tcp, InternetAddress.AnyIPv4, new PortNumber(Port), User: Other)));
    });

    /// <summary>
    /// A child that another test has just started holds copies of our closed sockets until its exec, so what differs is looked at again.
    /// </summary>
    private static void AssertUntilQuiet(Func<List<string>> findWrong, string situation)
    {
        var wrong = findWrong();
        for (var look = 0; look < 250 && wrong.Count > 0; look++)
        {
            Thread.Sleep(20);
            wrong = findWrong();
        }

        Assert.True(wrong.Count == 0, $"{situation}:\n{string.Join('\n', wrong)}");
    }

    private static List<string> WrongForecasts(TransportProtocol protocol, BindSharing holds)
    {
        var referee = new KernelBindReferee();
        var snapshot = new KernelSocketSource().Read(new SocketQuery { Bound = true }, TestContext.Current.CancellationToken);
        var wrong = new List<string>();
        foreach (var attempt in Attempts(protocol))
        {
            var said = referee.TryBind(attempt);
            var forecast = BindConflicts.Find(attempt, snapshot, holds: holds).Count > 0;
            var certain = BindConflicts.Find(attempt, snapshot, certainOnly: true).Count > 0;
            var possible = BindConflicts.Find(attempt, snapshot).Count > 0;
            if (said is not (0 or BindTrial.InUse) || forecast != (said != 0) || (certain && said == 0) || (!possible && said != 0))
            {
                wrong.Add($"{attempt}: the kernel says {said}, the forecast {(forecast ? "fails" : "works")}, certain {certain}, possible "
                    + $"{possible}");
            }
        }

        return wrong;
    }

    private static List<string> WrongWords(Machine machine, TransportProtocol protocol)
    {
        var wrong = new List<string>();

        // What works without options is not tried with them: the kernel's bucket remembers a shared bind after its socket is gone
        // (fastreuseport and fast_rcv_saddr of inet_bind_bucket), and then admits the same user's next one without a look at the others.
        foreach (var trial in Assert.Single(machine.Who(Port, protocol).Outlooks).Trials.Where(t => !t.Works))
        {
            foreach (var user in (uint[])[Root, Other])
            {
                Check(trial, trial.ErrnoWithReuse == 0, new BindSharing(true, false), user);
                Check(
                    trial, trial.ErrnoWithReuse == 0 || (trial.Shared is { } shared && (shared.User ?? Root) == user),
                    new BindSharing(true, true), user);
            }
        }

        return wrong;

        void Check(BindTrial trial, bool said, BindSharing options, uint user)
        {
            var works = Kernel(trial.Attempt.Address, false, options, user, protocol) == 0;
            if (works != said)
            {
                wrong.Add($"{trial.Attempt} {options} as user {user}: {(works ? "works" : "fails")}, and who says that it "
                    + $"{(said ? "works" : "fails")}");
            }
        }
    }

    /// <summary>The kernel, asked past the code under test.</summary>
    private static int Kernel(InternetAddress address, bool v6Only, BindSharing options, uint user, TransportProtocol protocol)
    {
        var error = KernelPort.TryBind(Binding(protocol, address, v6Only, options), out var port, user);
        port?.Dispose();
        return error;
    }

    private static IEnumerable<BindAttempt> Attempts(TransportProtocol protocol) =>
        from place in Addresses
        from options in Options
        from user in (uint[])[Root, Other]
        select new BindAttempt(
            protocol, Parse(place.Address), new PortNumber(Port), place.V6Only, options.ReuseAddress, options.ReusePort, user);

    private static KernelPort Hold(Use use, string address, bool v6Only, BindSharing holds, uint user)
    {
        KernelPort? port = null;

        // The socket of the situation before may still be closing in a child of another test.
        Bounded.Until(
            () => KernelPort.TryBind(Binding(ProtocolOf(use), Parse(address), v6Only, holds), out port, user) == 0, "the port is free");
        if (use == Use.Listening)
        {
            Assert.Equal(0, port!.Listen());
        }

        return port!;
    }

    private static PortBinding Binding(TransportProtocol protocol, InternetAddress address, bool v6Only, BindSharing options) =>
        new(protocol, address, new PortNumber(Port))
        {
            IsV6Only = v6Only,
            ReuseAddress = options.ReuseAddress,
            ReusePort = options.ReusePort,
        };

    private static TransportProtocol ProtocolOf(Use use) => use == Use.Datagram ? TransportProtocol.Udp : TransportProtocol.Tcp;

    private static InternetAddress Parse(string address) => InternetAddress.From(System.Net.IPAddress.Parse(address));
}
