// bare URL FILE: what the server itself costs. It sends the same response to each request and does nothing else. The file has the
// response's status, its header and its body, as they were received from Router.
var response = await File.ReadAllBytesAsync(args[1]);
var end = response.AsSpan().IndexOf("\r\n\r\n"u8);
var lines = System.Text.Encoding.Latin1.GetString(response, 0, end).Split("\r\n");
var status = int.Parse(lines[0].Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
var headers = lines[1..].Select(line => line.Split(": ", 2)).Select(line => KeyValuePair.Create(line[0], line[1])).ToArray();
var body = response.AsMemory(end + 4);

var builder = WebApplication.CreateSlimBuilder();
builder.Logging.ClearProviders();
builder.WebHost.UseUrls(args[0]);
builder.WebHost.UseSockets(options => options.UnsafePreferInlineScheduling = true);
builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
var application = builder.Build();
application.Run(async context =>
{
    context.Response.StatusCode = status;
    foreach (var (name, value) in headers)
        context.Response.Headers[name] = value;
    await context.Response.Body.WriteAsync(body);
});
await application.RunAsync();
