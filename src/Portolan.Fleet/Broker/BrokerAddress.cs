using RabbitMQ.Client;

namespace Portolan.Fleet.Broker;

/// <summary>Where a broker is, and who asks.</summary>
/// <param name="Uri">Such as <c>amqp://portolan@192.0.2.1:5672/fleet</c>; the path is the virtual host.</param>
/// <param name="Password">Of the user in it.</param>
public sealed record BrokerAddress(Uri Uri, string Password)
{
    /// <summary>The only authorities whose certificates count, PEM; <c>null</c> for those of the system.</summary>
    public string? Authority { get; init; }

    /// <summary>The user's name.</summary>
    public string User => Uri.UnescapeDataString(Uri.UserInfo.Split(':')[0]);

    /// <summary>Host and port.</summary>
    public string Place => $"{Uri.Host}:{Uri.Port}";

    /// <summary>The virtual host.</summary>
    public string VirtualHost => Uri.AbsolutePath.Length <= 1 ? "/" : Uri.UnescapeDataString(Uri.AbsolutePath[1..]);

    /// <summary>The URL for another user.</summary>
    public string ForUser(string user) => $"{Uri.Scheme}://{user}@{Uri.Authority}{Uri.AbsolutePath}";

    /// <summary>Reads such a URL.</summary>
    /// <exception cref="PortolanException">It is none.</exception>
    public static BrokerAddress Parse(string text, string password)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("amqp" or "amqps") || uri.UserInfo.Length == 0
            || uri.Host.Length == 0)
        {
            throw new PortolanException(
                $"the broker is amqp://USER@HOST:PORT/VHOST, not '{TerminalText.Escape(text)}'",
                $"write amqp://portolan@127.0.0.1:5672/fleet, or amqps:// for TLS", ExitCode.Usage);
        }

        return uri.UserInfo.Contains(':', StringComparison.Ordinal)
            ? throw new PortolanException(
                "the broker's URL has a password in it", $"put the password into a file of mode 0600 and name that", ExitCode.Usage)
            : new BrokerAddress(uri, password);
    }

    /// <summary>Opens a connection that does not come back by itself: who uses it opens another.</summary>
    /// <param name="name">Who asks, for the broker's lists.</param>
    /// <param name="cancellation">Ends the wait.</param>
    internal async Task<IConnection> ConnectAsync(string name, CancellationToken cancellation)
    {
        var factory = new ConnectionFactory
        {
            HostName = Uri.Host.Trim('[', ']'),
            Port = Uri.IsDefaultPort ? AmqpTcpEndpoint.UseDefaultPort : Uri.Port,
            VirtualHost = VirtualHost,
            UserName = User,
            Password = Password,
            ClientProvidedName = name,
            AutomaticRecoveryEnabled = false,
            TopologyRecoveryEnabled = false,
            RequestedHeartbeat = TimeSpan.FromSeconds(20),
            RequestedConnectionTimeout = TimeSpan.FromSeconds(10),
        };
        if (Uri.Scheme == "amqps")
        {
            factory.Ssl = new SslOption { Enabled = true, ServerName = factory.HostName };
            if (Authority is not null)
            {
                factory.Ssl.CertificateValidationCallback = new PinnedAuthority(Authority).Validate;
            }
        }

        return await factory.CreateConnectionAsync(cancellation);
    }
}
