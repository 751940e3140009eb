using Portolan.Server.Watch.Receivers;
using Portolan.Server.Watch.Settings;
using Portolan.Tests.Support;
using Portolan.Watch.Alerts;
using Portolan.Watch.Recording;
using Portolan.Watch.Watching;

namespace Portolan.Tests.Watch.Alerts;

/// <summary>What an e-mail looks like; that servers take it is the business of the kernel tests, which have a postfix.</summary>
public sealed class MailReceiverTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly AlertStory _story = new();

    public void Dispose()
    {
        _story.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_message_is_plain_text_under_an_id_that_stays()
    {
        _story.Opens(80, 81);
        var message = Message();

        using var mail = Receiver("from: Portolan <p@example.org>, to: [a@example.org, b@example.org]").Mail(message);

        Assert.Equal(
            ($"{message.Id}@example.org", "web-3: 2 changes of ports", "\"Portolan\" <p@example.org>", "a@example.org, b@example.org"),
            (mail.MessageId, mail.Subject, mail.From.ToString(), mail.To.ToString()));
        Assert.Equal(message.At, mail.Date);
        Assert.Equal("auto-generated", mail.Headers["Auto-Submitted"]);
        Assert.Matches("(?s)80/tcp opened: nginx.*portolan who 80/tcp.*81/tcp opened", mail.TextBody!);
    }

    [Fact]
    public void A_name_that_a_process_chose_writes_no_header_and_no_line_of_its_own()
    {
        _story.Opens(ChartTexts.Row(80, owner: @"x\r\nBcc: evil@example.org\u001b[2J"));

        using var mail = Receiver("from: p@example.org, to: a@example.org").Mail(Message());

        Assert.DoesNotContain("Bcc", mail.Headers.Select(static header => header.Field));
        Assert.DoesNotContain('\u001b', mail.TextBody!);
        Assert.Equal(2, mail.TextBody!.TrimEnd('\n').Split('\n').Length);
    }

    private AlertMessage Message()
    {
        using var store = _story.Open();
        return AlertMessage.Of(
            "admins", [.. new HistoryReader(store).ChangesAfter(0, null, 10).Select(WatchEvent.Of).OfType<WatchEvent>()]);
    }

    private MailReceiver Receiver(string keys)
    {
        File.WriteAllText(
            _folder["w.yaml"],
            $"schema: portolan.watch/1\nreceivers:\n  admins: {{ kind: email, server: localhost, tls: none, {keys} }}");
        var settings = WatchFile.ReadOrThrow(_folder["w.yaml"], static _ => null, TimeProvider.System);
        return Assert.IsType<MailReceiver>(settings.Routes[0].Receiver);
    }
}
