using System.Security.Cryptography;
using Portolan.Fleet.Broker;
using Portolan.Fleet.Database;
using Portolan.Fleet.Messages;

namespace Portolan.Fleet.Coordinator;

/// <summary>
/// Who belongs to a fleet. An agent is a user of the broker, which lets it read the chunks of its zone and send in its own name, and
/// vouches for its name in each message. Its password is its own choice, made when it joins; only the broker keeps a hash of it.
/// </summary>
/// <param name="database">The database.</param>
/// <param name="management">The broker's management API.</param>
public sealed class Membership(FleetDatabase database, ManagementApi management)
{
    // How long a token that was used or has expired is known as such.
    private const string Remembered = "interval '1 day'";

    /// <summary>Makes a token with which one agent may join once.</summary>
    /// <param name="name">The agent's name.</param>
    /// <param name="zone">Its zone.</param>
    /// <param name="holds">How long the token holds.</param>
    /// <param name="broker">The broker as the agent reaches it; its user does not count.</param>
    /// <param name="authority">The authority of the broker's certificate, PEM, or <c>null</c>.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task<JoinToken> InviteAsync(
        string name, string zone, TimeSpan holds, Uri broker, string? authority, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(broker);
        var guest = $"guest-{RandomNumberGenerator.GetHexString(12, lowercase: true)}";
        var secret = NewSecret();
        await using var connection = await database.ConnectAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var before = await connection.RowsAsync(
            "delete from invitation where name = $1 returning guest", static row => row.GetString(0), cancellation, name);
        await connection.RunAsync(
            """
            insert into invitation (name, zone, guest, expires_at)
            values ($1, $2, $3, clock_timestamp() + make_interval(secs => $4))
            """,
            cancellation, name, zone, guest, holds.TotalSeconds);
        await management.PutGuestAsync(guest, secret, cancellation);
        await transaction.CommitAsync(cancellation);
        foreach (var old in before)
        {
            await management.DeleteUserAsync(old, cancellation);
        }

        return new JoinToken
        {
            Name = name,
            Zone = zone,
            Broker = new BrokerAddress(broker, "").ForUser(guest),
            Secret = secret,
            Authority = authority,
        };
    }

    /// <summary>A password or secret of 256 bits.</summary>
    public static string NewSecret() => RandomNumberGenerator.GetHexString(64, lowercase: true);

    /// <summary>Removes an agent: its user at the broker, whose connections end, its leases, and tokens in its name.</summary>
    /// <returns>Whether there was such an agent or token.</returns>
    public async Task<bool> RevokeAsync(string name, CancellationToken cancellation)
    {
        // The broker first: from then on nothing comes in its name.
        var known = await management.DeleteUserAsync(name, cancellation);
        await using var connection = await database.ConnectAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var guests = await connection.RowsAsync(
            "delete from invitation where name = $1 returning guest", static row => row.GetString(0), cancellation, name);

        // What it sent before and is not stored yet is of a superseded attempt.
        await connection.RunAsync(
            """
            update chunk set state = 0, attempt = attempt + 1, agent = null, share = 0, lease_until = null where agent = $1 and state = 2
            """,
            cancellation, name);
        var rows = await connection.RunAsync("delete from agent where name = $1", cancellation, name);
        await transaction.CommitAsync(cancellation);
        foreach (var guest in guests)
        {
            await management.DeleteUserAsync(guest, cancellation);
        }

        return known || rows > 0 || guests.Count > 0;
    }

    /// <summary>Lets the bearer of a token join.</summary>
    /// <param name="guest">The user that asks, by the broker's word.</param>
    /// <param name="request">What it asks.</param>
    /// <param name="cancellation">Ends it.</param>
    internal async Task<JoinReply> JoinAsync(string guest, JoinRequest request, CancellationToken cancellation)
    {
        if (request.Version != ChunkMessage.CurrentVersion)
        {
            return new JoinReply { Refused = "the agent and the coordinator are of different versions: install the same portolan" };
        }

        await using var connection = await database.ConnectAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var found = await connection.RowsAsync(
            "select name, zone, used_at is not null, expires_at <= clock_timestamp() from invitation where guest = $1 for update",
            static row => (Name: row.GetString(0), Zone: row.GetString(1), IsUsed: row.GetBoolean(2), IsOver: row.GetBoolean(3)),
            cancellation, guest);
        if (found is not [var invitation])
        {
            return new JoinReply { Refused = "the token was withdrawn" };
        }

        if (invitation.IsUsed || invitation.IsOver)
        {
            return new JoinReply { Refused = invitation.IsUsed ? "the token was used before" : "the token has expired" };
        }

        await connection.RunAsync("update invitation set used_at = clock_timestamp() where guest = $1", cancellation, guest);
        await management.PutAgentAsync(invitation.Name, invitation.Zone, request.Password, cancellation);
        await transaction.CommitAsync(cancellation);
        return new JoinReply();
    }

    /// <summary>Removes the users of tokens that were used, or expired, some time ago.</summary>
    internal async Task ForgetAsync(CancellationToken cancellation)
    {
        await using var connection = await database.ConnectAsync(cancellation);
        var guests = await connection.RowsAsync(
            $"""
            delete from invitation where least(used_at, expires_at) < clock_timestamp() - {Remembered} returning guest
            """,
            static row => row.GetString(0), cancellation);
        foreach (var guest in guests)
        {
            await management.DeleteUserAsync(guest, cancellation);
        }
    }
}
