using System.Text;

namespace Portolan.Lab.Scenarios.Clients;

/// <summary>As much of a mail program as scenarios need: it submits a mail (RFC 6409) and fetches one (RFC 9051).</summary>
internal static class MailClient
{
    /// <summary>The user that every mail service of a lab knows by default.</summary>
    private const string User = "user";

    private const string Password = "secret";

    /// <summary>Logs in at a submission server and hands it a mail.</summary>
    /// <returns>What was said; the last line is the server's word on the mail.</returns>
    internal static async Task<List<string>> SubmitAsync(Stream stream, string from, string to, string subject, string text)
    {
        var talk = new Talk(stream);
        await talk.AnswerAsync();
        await talk.AskAsync("EHLO pc");
        await talk.AskAsync($"AUTH PLAIN {Convert.ToBase64String(Encoding.ASCII.GetBytes($"\0{User}\0{Password}"))}");
        await talk.AskAsync($"MAIL FROM:<{from}>");
        await talk.AskAsync($"RCPT TO:<{to}>");
        await talk.AskAsync("DATA");
        await talk.SayAsync($"From: {from}", $"To: {to}", $"Subject: {subject}", "", text, ".");
        await talk.AnswerAsync();
        var said = talk.Transcript.ToList();
        await talk.AskAsync("QUIT");
        return said;
    }

    /// <summary>Hands a mail to the server of its receiver, as servers do (RFC 5321).</summary>
    /// <exception cref="IOException">The server does not take it.</exception>
    internal static async Task DeliverAsync(Stream stream, string from, string to, string subject, string[] lines)
    {
        var talk = new Talk(stream);
        await talk.AnswerAsync();
        await talk.AskAsync("EHLO server");
        await talk.AskAsync($"MAIL FROM:<{from}>");
        await talk.AskAsync($"RCPT TO:<{to}>");
        await talk.AskAsync("DATA");
        await talk.SayAsync([$"From: {from}", $"To: {to}", $"Subject: {subject}", "", .. lines, "."]);
        var answer = await talk.AnswerAsync();
        if (!answer.StartsWith("250", StringComparison.Ordinal))
        {
            throw new IOException($"the server does not take the mail: {answer}");
        }

        await talk.AskAsync("QUIT");
    }

    /// <summary>Begins a mail without having logged in.</summary>
    /// <returns>What the server says of that.</returns>
    internal static async Task<string> TrySubmitAsStrangerAsync(Stream stream, string from)
    {
        var talk = new Talk(stream);
        await talk.AnswerAsync();
        await talk.AskAsync("EHLO pc");
        return await talk.AskAsync($"MAIL FROM:<{from}>");
    }

    /// <summary>Logs in at an IMAP server and reads the newest mail of the inbox.</summary>
    /// <returns>What was said.</returns>
    internal static async Task<List<string>> ReadNewestAsync(Stream stream)
    {
        var talk = new Talk(stream);
        await talk.HearAsync();
        foreach (var (tag, command) in new[] { ("a", $"LOGIN {User} {Password}"), ("b", "SELECT INBOX"), ("c", "FETCH * (BODY[])") })
        {
            await talk.SayAsync($"{tag} {command}");
            await talk.HearUntilAsync(l => l.StartsWith(tag + " ", StringComparison.Ordinal));
        }

        return talk.Transcript;
    }
}
