using System.Text.Json;
using System.Text.Json.Serialization;

namespace Portolan.Fleet.Messages;

/// <summary>What an agent asks that joins: its user at the broker, with the password that it chose for itself.</summary>
public sealed record JoinRequest
{
    /// <summary>See <see cref="ChunkMessage.CurrentVersion"/>.</summary>
    public int Version { get; init; } = ChunkMessage.CurrentVersion;

    /// <summary>The password of the agent's own user.</summary>
    public required string Password { get; init; }
}

/// <summary>What the coordinator answers.</summary>
public sealed record JoinReply
{
    /// <summary>Why not, for people; <c>null</c> when the agent has joined.</summary>
    public string? Refused { get; init; }
}

/// <summary>
/// What <c>portolan fleet invite</c> prints and <c>portolan agent join</c> takes: enough to reach the broker once, as a user who may ask to
/// join and nothing else.
/// </summary>
public sealed record JoinToken
{
    private const string Prefix = "ptl1.";

    /// <summary>The agent's name.</summary>
    public required string Name { get; init; }

    /// <summary>Its zone.</summary>
    public required string Zone { get; init; }

    /// <summary>The broker, with the user that asks.</summary>
    public required string Broker { get; init; }

    /// <summary>That user's password.</summary>
    public required string Secret { get; init; }

    /// <summary>The authority that the broker's certificate must be from, PEM; <c>null</c> for those of the system.</summary>
    public string? Authority { get; init; }

    /// <summary>On one line.</summary>
    public override string ToString() =>
        Prefix + Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(this, JoinJson.Default.JoinToken));

    /// <summary>Reads it.</summary>
    /// <exception cref="PortolanException">The text is none.</exception>
    public static JoinToken Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        try
        {
            if (text.Trim() is var word && word.StartsWith(Prefix, StringComparison.Ordinal)
                && JsonSerializer.Deserialize(Convert.FromBase64String(word[Prefix.Length..]), JoinJson.Default.JoinToken) is { } token)
            {
                return token;
            }
        }
        catch (Exception exception) when (exception is FormatException or JsonException)
        {
        }

        throw new PortolanException(
            "this is not a token", $"give the whole line that portolan fleet invite printed", ExitCode.Usage);
    }
}

/// <summary>How they are written.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(JoinRequest))]
[JsonSerializable(typeof(JoinReply))]
[JsonSerializable(typeof(JoinToken))]
internal sealed partial class JoinJson : JsonSerializerContext;
