using System.Globalization;
using System.Text.Json;
using Portolan.Fleet.Broker;
using Portolan.Fleet.Coordinator;
using Portolan.Fleet.Messages;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Portolan.Fleet.Agent;

/// <summary>
/// Makes a machine an agent by a token, and undoes it. What is written is one file of settings and, beside it, the password and authority.
/// </summary>
/// <param name="file">The file of settings.</param>
/// <param name="clock">The time.</param>
public sealed class AgentJoin(string file, TimeProvider clock)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const string DirectReply = "amq.rabbitmq.reply-to";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private string PasswordFile => Path.ChangeExtension(Path.GetFullPath(file), ".password");

    private string AuthorityFile => Path.ChangeExtension(Path.GetFullPath(file), ".ca.pem");

    /// <summary>Refuses to overwrite a file.</summary>
    /// <exception cref="PortolanException">It is there, or its folder cannot be searched.</exception>
    public static void RefuseExisting(string path)
    {
        try
        {
            NamedFile.OpenRead(path).Dispose();
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new PortolanException(
                $"{path}: {NamedFile.WhyNot(exception, path)}", $"name another file with --config", ExitCode.Usage);
        }

        throw new PortolanException(
            $"{path} exists: this machine has joined a fleet", $"run portolan agent leave first, or name another file with --config",
            ExitCode.Usage);
    }

    /// <summary>Joins.</summary>
    /// <param name="token">What <c>portolan fleet invite</c> printed.</param>
    /// <param name="networks">What the agent may scan; more is added to the file.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="PortolanException">The token is not taken, the broker is out of reach, or a file is there already.</exception>
    public async Task JoinAsync(JoinToken token, IReadOnlyList<AddressPrefix> networks, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(token);
        foreach (var path in new[] { file, PasswordFile, AuthorityFile })
        {
            RefuseExisting(path);
        }

        var password = Membership.NewSecret();
        var broker = BrokerAddress.Parse(token.Broker, token.Secret) with { Authority = token.Authority };
        var reply = await AskAsync(broker, password, cancellation);
        if (reply.Refused is { } reason)
        {
            throw new PortolanException(
                $"the coordinator refuses: {TerminalText.Escape(reason)}",
                $"ask for a new token: portolan fleet invite {token.Name} --zone {token.Zone}");
        }

        Write(PasswordFile, password + "\n");
        if (token.Authority is not null)
        {
            Write(AuthorityFile, token.Authority);
        }

        var own = broker.ForUser(token.Name);
        Write(file, string.Create(
            CultureInfo.InvariantCulture,
            $"""
            zone: {token.Zone}
            broker: {own}
            broker-password-file: {Path.GetFileName(PasswordFile)}
            {(token.Authority is null ? "" : $"broker-ca-file: {Path.GetFileName(AuthorityFile)}\n")}
            # What this agent may scan, whatever a job asks for. Without networks it scans nothing.
            networks: [{string.Join(", ", networks.Select(static n => $"\"{n.ToMachineText()}\""))}]
            # exclude: [198.51.100.7]
            # ports: 1-65535
            # max-rate: 1000

            """).Replace("\n\n#", "\n#", StringComparison.Ordinal));
    }

    /// <summary>Leaves: the coordinator removes the agent's user, and the files that <see cref="JoinAsync"/> wrote go.</summary>
    /// <param name="settings">The settings in the file.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>Whether the coordinator answered; the files go in any case.</returns>
    public async Task<bool> LeaveAsync(AgentSettings settings, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var hasAnswered = false;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var link = new AgentLink(settings, "", clock, static _ => { }) { OnlyAsks = true };
        var running = link.RunAsync(end.Token);
        try
        {
            using var patience = new CancellationTokenSource(Patience, clock);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellation);
            while (await link.AskAsync(LeaseVerb.Leave, 0, 0, both.Token) is null)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200), clock, both.Token);
            }

            hasAnswered = true;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
        }

        await end.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var path in new[] { file, PasswordFile, AuthorityFile })
        {
            File.Delete(path);
        }

        return hasAnswered;
    }

    private async Task<JoinReply> AskAsync(BrokerAddress broker, string password, CancellationToken cancellation)
    {
        try
        {
            await using var connection = await broker.ConnectAsync("portolan agent join", cancellation);
            await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellation);
            var answer = new TaskCompletionSource<JoinReply>(TaskCreationOptions.RunContinuationsAsynchronously);
            channel.ChannelShutdownAsync += (_, reason) =>
            {
                answer.TrySetException(new IOException(reason.ReplyText));
                return Task.CompletedTask;
            };
            var consumer = new AsyncEventingBasicConsumer(channel);
            consumer.ReceivedAsync += (_, message) =>
            {
                if (JsonSerializer.Deserialize(message.Body.Span, JoinJson.Default.JoinReply) is { } reply)
                {
                    answer.TrySetResult(reply);
                }

                return Task.CompletedTask;
            };
            await channel.BasicConsumeAsync(DirectReply, autoAck: true, consumer, cancellation);
            await channel.BasicPublishAsync(
                BrokerTopology.Agents, BrokerTopology.JoinKey(broker.User), mandatory: false,
                new BasicProperties { ReplyTo = DirectReply, UserId = broker.User },
                JsonSerializer.SerializeToUtf8Bytes(new JoinRequest { Password = password }, JoinJson.Default.JoinRequest), cancellation);
            return await answer.Task.WaitAsync(Patience, clock, cancellation);
        }
        catch (TimeoutException)
        {
            throw new PortolanException(
                "no coordinator answers", $"see that portolan fleet serve runs; the token still holds");
        }
        catch (Exception exception) when (BrokerLoop.IsOutage(exception))
        {
            throw new PortolanException(
                $"the broker {broker.Uri.Host}:{broker.Uri.Port} does not let this token in: {BrokerLoop.Why(exception)}",
                $"see that the broker is reachable; a token of more than a day ago, or one that was replaced, is not known any more");
        }
    }

    private static void Write(string path, string text)
    {
        try
        {
            if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder)
            {
                Directory.CreateDirectory(folder);
            }

            using var stream = NamedFile.Open(
                path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly });
            stream.Write(System.Text.Encoding.UTF8.GetBytes(text));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new PortolanException(
                $"{path}: {NamedFile.WhyNot(exception, path, FileAccess.Write)}",
                $"name a file in a folder of this user with --config; the token was used, so ask for another");
        }
    }
}
