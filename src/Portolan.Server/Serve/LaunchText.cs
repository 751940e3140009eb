using System.Text.Json;
using Portolan.Model.Documents;
using Portolan.Model.Invocation;
using Portolan.Server.Hosting;
using Portolan.Web.Access;

namespace Portolan.Server.Serve;

/// <summary>Makes a launch link and prints it.</summary>
/// <param name="invocation">How it is wanted.</param>
/// <param name="streams">Where it goes.</param>
internal sealed class LaunchText(ServeInvocation invocation, ServerStreams streams)
{
    private const string Schema = "portolan.serve/1";

    /// <summary>The SHA-256 of the server's certificate; <c>null</c> where it has none of its own making.</summary>
    internal string? Fingerprint { get; init; }

    /// <summary>Prints a new link: its token is behind a #, which browsers send to no server.</summary>
    /// <param name="folder">The state of the server.</param>
    /// <param name="url">Where its page is; <c>null</c> where no address points to it.</param>
    /// <param name="scopes">What the session may do.</param>
    /// <returns>The link.</returns>
    internal string Write(StateFolder folder, string? url, Scope scopes)
    {
        var token = new LaunchLinks(folder, TimeProvider.System).Make(scopes);
        var link = $"{url ?? "http://localhost/"}#token={token}";
        if (invocation.Json)
        {
            JsonOutput.WriteLine(streams.Bytes, json => WriteMembers(json, url, link, scopes));
        }
        else
        {
            streams.Output.WriteLine(link);
            streams.Flush();
        }

        return link;
    }

    private void WriteMembers(Utf8JsonWriter json, string? url, string link, Scope scopes)
    {
        json.WriteString("schema", Schema);
        json.WriteString("url", url);
        json.WriteString("link", link);
        json.WriteString("linkExpiresAt", TimeText.Rfc3339(TimeProvider.System.GetUtcNow() + LaunchLinks.Life));
        json.WriteStartArray("scopes");
        foreach (var word in ScopeWords.Of(scopes))
        {
            json.WriteStringValue(word);
        }

        json.WriteEndArray();
        json.WriteString("fingerprint", Fingerprint);
    }
}
