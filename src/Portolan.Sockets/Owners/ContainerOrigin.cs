using System.Text.Json;

namespace Portolan.Sockets.Owners;

/// <summary>Why a container runs, as its engine says. All text is hostile.</summary>
/// <param name="Project">The compose project that it belongs to, or <c>null</c>.</param>
/// <param name="Service">Its service there, or <c>null</c>.</param>
/// <param name="File">The compose file, or <c>null</c>.</param>
/// <param name="RestartPolicy">When the engine starts it again: <c>no</c>, <c>always</c>, <c>unless-stopped</c>, <c>on-failure</c>;
/// <c>null</c> where it does not say.</param>
public sealed record ContainerOrigin(string? Project, string? Service, string? File, string? RestartPolicy)
{
    /// <summary>Reads an answer to GET /containers/{id}/json; <c>null</c> where it is none about this container.</summary>
    internal static ContainerOrigin? Read(ReadOnlySpan<byte> json, string id)
    {
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 64 });
            using var document = JsonDocument.ParseValue(ref reader);
            if (document.RootElement is not { ValueKind: JsonValueKind.Object } root || Text(root, "Id") != id)
            {
                return null;
            }

            var labels = Object(Object(root, "Config"), "Labels");
            return new ContainerOrigin(
                Text(labels, "com.docker.compose.project") ?? Text(labels, "io.podman.compose.project"),
                Text(labels, "com.docker.compose.service") ?? Text(labels, "io.podman.compose.service"),
                Text(labels, "com.docker.compose.project.config_files"),
                Text(Object(Object(root, "HostConfig"), "RestartPolicy"), "Name"));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static JsonElement? Object(JsonElement? parent, string name) =>
        parent is { ValueKind: JsonValueKind.Object } known && known.TryGetProperty(name, out var value)
            && value.ValueKind == JsonValueKind.Object ? value : null;

    private static string? Text(JsonElement? parent, string name) =>
        parent is { ValueKind: JsonValueKind.Object } known && known.TryGetProperty(name, out var value)
            && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
