using Portolan.Model;
using Portolan.Model.Invocation;
using Portolan.Tests.Support;

namespace Portolan.Tests.Cli;

/// <summary>What <c>portolan serve</c> passes to the server.</summary>
public sealed class ServeCommandTests
{
    [Theory]
    [InlineData("serve", "serve run")]
    [InlineData("serve --open --listen [::1]:8080", "serve run --listen=[::1]:8080 --open")]
    [InlineData("serve --host a.example --host b.example:8443 --json", "serve run --host=a.example,b.example:8443 --json")]
    [InlineData(
        "serve --cert c.pem --key k.pem --password-file secret --allow change,admin",
        "serve run --allow=change,admin --cert=c.pem --key=k.pem --password-file=secret")]
    [InlineData("serve --tls-self-signed --debug", "serve run --tls-self-signed --debug")]
    [InlineData("serve --link --allow change", "serve link --allow=change")]
    [InlineData("serve --reset --listen 8080", "serve reset --listen=8080")]
    [InlineData("serve --new-token backup", "serve make-token --token=backup")]
    [InlineData("serve --remove-token backup", "serve remove-token --token=backup")]
    public void The_server_gets_one_form_whatever_was_typed(string typed, string passed)
    {
        ServerInvocation? got = null;
        var console = new TestConsole { BecomeServer = invocation => { got = invocation; return ExitCode.Success; } };

        Assert.Equal((0, ""), (console.Run(typed.Split(' ')), console.Error));

        Assert.Equal(passed.Split(' '), got!.ToWords());
        Assert.Equal(got.ToWords(), ServerInvocation.Parse(got.ToWords()).ToWords());
    }

    [Theory]
    [InlineData("--link and --reset cannot be used together\nhint: leave one out", "serve", "--link", "--reset")]
    [InlineData("--open applies to a server that starts, --link does not start one", "serve", "--link", "--open")]
    [InlineData("the value of --listen is empty", "serve", "--listen", "")]
    [InlineData("--host takes the name in the browser's address, not 'https://a.example/'", "serve", "--host", "https://a.example/")]
    [InlineData("unknown option '--port' for portolan serve", "serve", "--port", "80")]
    public void What_makes_no_sense_is_refused_before_the_server_is_called(string message, params string[] typed)
    {
        var console = new TestConsole { BecomeServer = _ => throw new InvalidOperationException("it was called") };

        Assert.Equal((int)ExitCode.Usage, console.Run(typed));

        Assert.StartsWith($"portolan: {message}", console.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("serve")]
    [InlineData("serve fly")]
    [InlineData("serve run --listen")]
    [InlineData("serve run --open=yes")]
    [InlineData("serve run --open --open")]
    [InlineData("serve run word")]
    public void The_server_takes_no_other_words(string words) =>
        Assert.Throws<PortolanException>(() => ServerInvocation.Parse(words.Split(' ')));
}
